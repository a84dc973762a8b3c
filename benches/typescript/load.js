// So many workflows, so many under way at a time: start, signal, result. Prints what it took as JSON.
const { Client, Connection } = require("@temporalio/client");

async function main() {
  const [count, inFlight, first] = process.argv.slice(2).map(Number);
  const connection = await Connection.connect({ address: process.env.TEMPORAL_ADDRESS });
  const client = new Client({ connection });
  let next = first;
  const began = process.hrtime.bigint();
  const lane = async () => {
    while (next < first + count) {
      const number = next++;
      const handle = await client.workflow.start("invoiceApproval", {
        taskQueue: "typescript",
        workflowId: `typescript-${number}`,
        args: [{ number: `B-${number}`, vendor: "jamuna-survey", total: "23000.00" }],
      });
      await handle.signal("approve");
      await handle.result();
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  const elapsedUs = Number((process.hrtime.bigint() - began) / 1000n);
  process.stdout.write(JSON.stringify({ count, elapsedUs }) + "\n");
  await connection.close();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
