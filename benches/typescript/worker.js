// Its worker. Ends with its stdin.
const { NativeConnection, Runtime, Worker } = require("@temporalio/worker");

const nothing = async () => {};
const names = [
  "validateInvoice", "checkDuplicate", "matchOrder", "computeVat", "computeWithholding", "checkBudget",
  "route", "notify", "record", "pay", "publish",
];

async function main() {
  Runtime.install({ shutdownSignals: [] });
  const connection = await NativeConnection.connect({ address: process.env.TEMPORAL_ADDRESS });
  const worker = await Worker.create({
    connection,
    taskQueue: "typescript",
    workflowsPath: require.resolve("./workflow.js"),
    activities: Object.fromEntries(names.map((name) => [name, nothing])),
  });
  process.stdin.resume().on("end", () => worker.shutdown());
  process.stdout.write("ready\n");
  await worker.run();
  await connection.close();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
