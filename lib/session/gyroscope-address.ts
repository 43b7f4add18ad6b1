import type { Request } from 'express';

/** The two addresses that Gyroscope binds a session to, as it finds them, before they are cut. */
export interface ClientAddresses {
  /** The client's address, behind proxies. */
  remoteAddr: string;
  /** The address of the peer socket. */
  originalAddr: string;
}

/** Node names an IPv4 peer of a dual-stack socket `::ffff:10.0.0.9`; PHP's web servers say `10.0.0.9`. */
function unmapped(address: string): string {
  return /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(address)?.[1] ?? address;
}

/** As Gyroscope cuts it: by text, four pieces; missing ones are empty, so that `fe80::1` becomes `fe80::1:`. */
function fourPieces(address: string): string {
  const pieces = address.split(':');
  return [0, 1, 2, 3].map((index) => pieces[index] ?? '').join(':');
}

/** The client's address as it stands in the salt: only one of more than five pieces is cut. */
export function saltRemoteAddr(address: string): string {
  const plain = unmapped(address);
  if (plain === '::1') return '127.0.0.1';
  return plain.split(':').length > 5 ? fourPieces(plain) : plain;
}

/** The peer's address as it stands in the salt: every one with a `:` is cut, but `::1`. */
export function saltOriginalAddr(address: string): string {
  const plain = unmapped(address);
  return plain.includes(':') && plain !== '::1' ? fourPieces(plain) : plain;
}

/** Where no function of the caller's says otherwise: the client by Express's `trust proxy`, the peer by its socket. */
export function addressesOf(req: Request): ClientAddresses {
  return { remoteAddr: req.ip ?? '', originalAddr: req.socket.remoteAddress ?? '' };
}
