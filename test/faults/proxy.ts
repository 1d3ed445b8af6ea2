/** A TCP proxy that can be told to delay, stall, cut or refuse: the network between the services and what they stand on. */
import { connect, createServer, type Socket } from 'node:net';

export interface TcpProxy {
  port: number;
  /** Holds every chunk back for so long, both ways. */
  delay(ms: number): void;
  /** Lets nothing through until told to go on; connections stay open. */
  stall(on: boolean): void;
  /** Ends every connection at once. */
  cut(): void;
  /** Ends every connection and takes no new one until told to. */
  refuse(on: boolean): void;
  close(): Promise<void>;
}

export async function openProxy(target: () => number, port = 0): Promise<TcpProxy> {
  let delay_ms = 0;
  let stalled = false;
  let refusing = false;
  const pairs = new Set<[Socket, Socket]>();
  const cut = (): void => {
    for (const [a, b] of pairs) {
      a.destroy();
      b.destroy();
    }
  };
  const server = createServer((client) => {
    if (refusing) {
      client.destroy();
      return;
    }
    const upstream = connect(target(), '127.0.0.1');
    const pair: [Socket, Socket] = [client, upstream];
    pairs.add(pair);
    for (const [from, to] of [pair, [upstream, client] as const]) {
      from.setNoDelay(true);
      from.on('error', () => undefined);
      from.on('close', () => {
        to.destroy();
        pairs.delete(pair);
      });
      from.on('data', (chunk: Buffer) => {
        if (delay_ms === 0) to.write(chunk);
        else setTimeout(() => to.writable && to.write(chunk), delay_ms); // timers of one length fire in order
      });
      if (stalled) from.pause();
    }
  });
  await new Promise<void>((ready) => server.listen(port, '127.0.0.1', ready));
  return {
    port: (server.address() as { port: number }).port,
    delay(ms) {
      delay_ms = ms;
      if (ms === 0) cut(); // what is still held back must not be overtaken
    },
    stall(on) {
      stalled = on;
      for (const pair of pairs) for (const socket of pair) on ? socket.pause() : socket.resume();
    },
    cut,
    refuse(on) {
      refusing = on;
      if (on) cut();
    },
    close: () =>
      new Promise((closed) => {
        cut();
        server.close(() => closed());
      }),
  };
}
