import { betterAuth } from 'better-auth';
import { createPool } from 'mysql2/promise';

const {
  BASE_URL = 'http://localhost:3000',
  DATABASE_URL = 'mysql://app@127.0.0.1/erp',
  SESSION_SECRET = '',
} = process.env;

export const pool = createPool(DATABASE_URL);
export const auth = betterAuth({
  baseURL: BASE_URL,
  database: pool,
  secret: SESSION_SECRET,
  emailAndPassword: { enabled: true },
});
