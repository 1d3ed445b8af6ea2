/** `grapevine …`: one file a command. */
import { Command, CommanderError } from 'commander';
import { ConfigError } from '../platform/config.ts';
import { UsageError } from './output.ts';

const program = new Command('grapevine')
  .description('Engagement events in, attributed credits out: who moves more sales, a blogger or a friend?')
  .exitOverride()
  .configureHelp({ showGlobalOptions: true })
  .showSuggestionAfterError();
/** A command is read when it is called: all of them, with their libraries, take twice the time. */
const commands: Record<string, () => Promise<Command>> = {
  run: async () => (await import('./run.ts')).runCommand(),
  start: async () => (await import('./start.ts')).startCommand(),
  service: async () => (await import('./service.ts')).serviceCommand(),
  simulate: async () => (await import('./simulate.ts')).simulateCommand(),
  query: async () => (await import('./query.ts')).queryCommand(),
  explain: async () => (await import('./explain.ts')).explainCommand(),
  journey: async () => (await import('./journey.ts')).journeyCommand(),
  identity: async () => (await import('./identity.ts')).identityCommand(),
  models: async () => (await import('./models.ts')).modelsCommand(),
  settle: async () => (await import('./settle.ts')).settleCommand(),
  weights: async () => (await import('./weights.ts')).weightsCommand(),
  rejected: async () => (await import('./rejected.ts')).rejectedCommand(),
  verify: async () => (await import('./verify.ts')).verifyCommand(),
  warehouse: async () => (await import('./warehouse.ts')).warehouseCommand(),
  keys: async () => (await import('./keys.ts')).keysCommand(),
  migrate: async () => (await import('./migrate.ts')).migrateCommand(),
  topics: async () => (await import('./topics.ts')).topicsCommand(),
  config: async () => (await import('./config.ts')).configCommand(),
  schemas: async () => (await import('./schemas.ts')).schemasCommand(),
};
const named = process.argv[2] ?? '';
const called = Object.hasOwn(commands, named) ? [commands[named]!] : Object.values(commands);
for (const command of called) program.addCommand(throwing(await command()));

/** A wrong option ends a command with our code, of whichever depth it is. */
function throwing(command: Command): Command {
  for (const inner of command.commands) throwing(inner);
  return command.exitOverride();
}

// Who reads our answer may stop reading (`grapevine query … | head`): there is nobody to tell the rest to.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

/** What to do about a port that cannot be listened on; null for any other error. */
function takenPort(error: unknown): string | null {
  const { syscall, code, address, port } = (error ?? {}) as NodeJS.ErrnoException & { address?: string; port?: number };
  if (syscall !== 'listen') return null;
  const why =
    code === 'EADDRINUSE' ? 'is taken' : code === 'EACCES' ? 'may not be used by this user' : `fails (${code})`;
  return `port ${port} of ${address} ${why}: name another with --port`;
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else if (error instanceof UsageError || error instanceof ConfigError || takenPort(error)) {
    process.stderr.write(`grapevine: ${takenPort(error) ?? (error as Error).message}\n`);
    process.exitCode = 2;
  } else {
    process.stderr.write(`grapevine: ${error instanceof Error ? error.message : String(error)}\n`);
    if (process.env.LOG_LEVEL === 'debug' && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    process.exitCode = 1;
  }
}
// Everything has been closed by now. What a library keeps open all the same (kafkajs may bring back a consumer that has left) must not keep the process.
setTimeout(() => process.exit(), 5_000).unref();
