CREATE TABLE IF NOT EXISTS {{table}} (
  alogid INTEGER PRIMARY KEY AUTOINCREMENT,
  {{gsid}} TEXT NOT NULL,
  userid TEXT NOT NULL,
  logname TEXT,
  logmessage TEXT,
  rawobj TEXT,
  logdate INTEGER,
  sid INTEGER NOT NULL DEFAULT 0,
  rectype TEXT NOT NULL DEFAULT '',
  recid TEXT NOT NULL DEFAULT '0',
  wssdone INTEGER NOT NULL DEFAULT 0,
  bulldozed INTEGER NOT NULL DEFAULT 0,
  recref TEXT NULL,
  extra TEXT NULL,
  ctxid INTEGER NULL,
  announcedat INTEGER NULL,
  correlation TEXT NULL
)
