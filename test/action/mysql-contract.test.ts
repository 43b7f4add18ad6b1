import { schemaSql } from '../../lib/action/schema.ts';
import { mysqlSubject } from './mysql-subject.ts';
import { storeContract } from './store-contract.ts';
import { gyroscopeTable } from './tables.ts';

storeContract('mysqlStore on its own table', () => mysqlSubject(schemaSql('mysql', '`actionlog`', 'gsid')), {
  ids: 'numbers',
  added: true,
  style: 'json',
});

storeContract('mysqlStore with text ids', () => mysqlSubject(schemaSql('mysql-text-ids', '`actionlog`', 'gsid')), {
  ids: 'text',
  added: true,
  style: 'json',
});

storeContract("mysqlStore on Gyroscope's table", () => mysqlSubject(gyroscopeTable()), {
  ids: 'numbers',
  added: false,
  style: 'php',
});

storeContract("mysqlStore on Gyroscope's table in utf8mb3", () => mysqlSubject(gyroscopeTable('utf8mb3')), {
  ids: 'numbers',
  added: false,
  style: 'json',
  replacement: '\ufffd',
});

storeContract("mysqlStore on Gyroscope's table in latin1", () => mysqlSubject(gyroscopeTable('latin1')), {
  ids: 'numbers',
  added: false,
  style: 'json',
  replacement: '?',
});
