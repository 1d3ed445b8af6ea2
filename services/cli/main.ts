/** `grapevine …`: one file a command. */
import { Command, CommanderError } from 'commander';
import { ConfigError } from '../platform/config.ts';
import { configCommand } from './config.ts';
import { explainCommand } from './explain.ts';
import { identityCommand } from './identity.ts';
import { journeyCommand } from './journey.ts';
import { keysCommand } from './keys.ts';
import { migrateCommand } from './migrate.ts';
import { modelsCommand } from './models.ts';
import { UsageError } from './output.ts';
import { queryCommand } from './query.ts';
import { runCommand } from './run.ts';
import { schemasCommand } from './schemas.ts';
import { serviceCommand } from './service.ts';
import { settleCommand } from './settle.ts';
import { simulateCommand } from './simulate.ts';
import { startCommand } from './start.ts';
import { topicsCommand } from './topics.ts';
import { verifyCommand } from './verify.ts';
import { warehouseCommand } from './warehouse.ts';
import { weightsCommand } from './weights.ts';

const program = new Command('grapevine')
  .description('Engagement events in, attributed credits out: who moves more sales, a blogger or a friend?')
  .exitOverride()
  .configureHelp({ showGlobalOptions: true })
  .showSuggestionAfterError();
const commands = [
  runCommand,
  startCommand,
  serviceCommand,
  simulateCommand,
  queryCommand,
  explainCommand,
  journeyCommand,
  identityCommand,
  modelsCommand,
  settleCommand,
  weightsCommand,
  verifyCommand,
  warehouseCommand,
  keysCommand,
  migrateCommand,
  topicsCommand,
  configCommand,
  schemasCommand,
];
for (const command of commands) program.addCommand(throwing(command()));

/** A wrong option ends a command with our code, of whichever depth it is. */
function throwing(command: Command): Command {
  for (const inner of command.commands) throwing(inner);
  return command.exitOverride();
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else if (error instanceof UsageError || error instanceof ConfigError) {
    process.stderr.write(`grapevine: ${error.message}\n`);
    process.exitCode = 2;
  } else {
    process.stderr.write(`grapevine: ${error instanceof Error ? error.message : String(error)}\n`);
    if (process.env.LOG_LEVEL === 'debug' && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    process.exitCode = 1;
  }
}
// Everything has been closed by now. What a library keeps open all the same (kafkajs may bring back a consumer that has left) must not keep the process.
setTimeout(() => process.exit(), 5_000).unref();
