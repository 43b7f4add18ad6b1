import cookieParser from 'cookie-parser';
import express from 'express';
import { createActionlog, gyroscopeSession, streamFromEnv } from 'express-actionlog';

const {
  DATABASE_URL = 'mysql://app@127.0.0.1/erp', // PHP's own database
  PORT = '3000',
  SALTROOT = '', // $saltroot
  TIME_ZONE = 'UTC', // that of date_default_timezone_set()
} = process.env;

export const actionlog = createActionlog({
  compatibility: 'gyroscope',
  database: DATABASE_URL,
  session: gyroscopeSession({
    saltroot: SALTROOT,
    timeZone: TIME_ZONE,
    // PHP behind FastCGI sees the browser itself where Node sees nginx: so both are told the browser's address
    clientAddresses: ({ ip = '' }) => ({ remoteAddr: ip, originalAddr: ip }),
  }),
  stream: { ...streamFromEnv(process.env), timeZone: TIME_ZONE }, // WSS_INTERNAL_HOST, _PORT, _KEY and WSSECRET, as PHP
});

const app = express();
app.set('trust proxy', 'loopback'); // nginx, on this machine
app.use(cookieParser(), actionlog.middleware(), express.json());
app.use('/actionlog', actionlog.routes());

app.post('/products/:id', actionlog.requireGroup('users'), async (req, res) => {
  const productid = Number(req.params.id);
  const { name } = req.body as { name: string };
  await req.logaction(
    `updated product ${name}`,
    { productid, product: name },
    { rectype: 'product', recid: productid },
  );
  res.json({ saved: true });
});

export const server = app.listen(Number(PORT));
