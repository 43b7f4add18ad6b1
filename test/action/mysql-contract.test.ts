import { schemaSql } from '../../lib/action/schema.ts';
import { mysqlSubject } from './mysql-subject.ts';
import { storeContract } from './store-contract.ts';
import { gyroscopeTable } from './tables.ts';

storeContract(
  'mysqlStore on its own table',
  (writer) => mysqlSubject(schemaSql('mysql', '`actionlog`', 'gsid'), writer),
  {
    ids: 'numbers',
    added: true,
    style: 'json',
  },
);

storeContract(
  'mysqlStore with text ids',
  (writer) => mysqlSubject(schemaSql('mysql', '`actionlog`', 'gsid', 'text'), writer),
  {
    ids: 'text',
    added: true,
    style: 'json',
  },
);

storeContract("mysqlStore on Gyroscope's table", (writer) => mysqlSubject(gyroscopeTable(), writer), {
  ids: 'numbers',
  added: false,
  style: 'php',
});

storeContract(
  "mysqlStore on Gyroscope's table in utf8mb3",
  (writer) => mysqlSubject(gyroscopeTable('utf8mb3'), writer),
  {
    ids: 'numbers',
    added: false,
    style: 'json',
    replacement: '\ufffd',
  },
);

storeContract("mysqlStore on Gyroscope's table in latin1", (writer) => mysqlSubject(gyroscopeTable('latin1'), writer), {
  ids: 'numbers',
  added: false,
  style: 'json',
  replacement: '?',
});
