/** Parts of a name by which a secret is told; names are compared without case, dashes and underscores. */
const secretParts = [
  ...['password', 'passwd', 'passphrase', 'passcode', 'pwd', 'secret', 'token', 'apikey', 'accesskey', 'privatekey'],
  ...['signingkey', 'encryptionkey', 'authorization', 'credential', 'cookie', 'sessionid', 'cardnumber', 'creditcard'],
  ...[
    'debitcard',
    'cardno',
    'securitycode',
    'accountnumber',
    'bankaccount',
    'socialsecurity',
    'mnemonic',
    'recoverycode',
  ],
];
/** Names that are secrets as a whole; as part of a longer name they mean something else. */
const secretNames = new Set([
  ...['pin', 'otp', 'salt', 'jwt', 'seed', 'card', 'pan', 'ccnum', 'ccnumber', 'cvv', 'cvv2', 'cvc', 'cvc2', 'cvn'],
  ...['csc', 'ssn', 'iban'],
]);

/** Whether a name is one of those that hold secrets: password, token, secret, card number and the like. */
export function looksSecret(name: string): boolean {
  const plain = plainName(name);
  return secretNames.has(plain) || secretParts.some((part) => plain.includes(part));
}

/** The name in the one form in which names are compared. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/[-_\s]/g, '');
}
