/** What is said to do when Kafka cannot be had, from what Node and the broker say. */
import { expect, test } from 'vitest';
import { remedyFor } from './kafka.ts';

test.each([
  ['ssl/tls alert bad certificate:SSL alert number 42', 'KAFKA_SSL_CERT and KAFKA_SSL_KEY'],
  ['error:0A000416:SSL routines::sslv3 alert certificate unknown', 'KAFKA_SSL_CERT and KAFKA_SSL_KEY'],
  ['error:05800074:x509 certificate routines::key values mismatch', 'KAFKA_SSL_KEY is not the key'],
  ["Hostname/IP does not match certificate's altnames: IP: 127.0.0.1 is not in the cert's list", 'for another name'],
  ['self-signed certificate in certificate chain', 'KAFKA_SSL_CA'],
  ['unable to verify the first certificate', 'KAFKA_SSL_CA'],
  ['error:0A00010B:SSL routines::wrong version number', 'leave KAFKA_SSL out'],
  ['connect ECONNREFUSED 127.0.0.1:1', 'Check KAFKA_BROKERS'],
])('%s', (said, remedy) => {
  expect(remedyFor(said, { ssl: true })).toContain(remedy);
});
