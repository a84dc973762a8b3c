// The flow of an approval service whose steps are activities each: one level, eleven activities that do nothing, one signal.
const { proxyActivities, defineSignal, setHandler, condition } = require("@temporalio/workflow");

const acts = proxyActivities({ startToCloseTimeout: "30s" });
const approve = defineSignal("approve");

exports.invoiceApproval = async function invoiceApproval(invoice) {
  let approved = false;
  setHandler(approve, () => {
    approved = true;
  });
  await acts.validateInvoice(invoice);
  await acts.checkDuplicate(invoice);
  await acts.matchOrder(invoice);
  await acts.computeVat(invoice);
  await acts.computeWithholding(invoice);
  await acts.checkBudget(invoice);
  await acts.route(invoice);
  await acts.notify(invoice);
  await condition(() => approved);
  await acts.record(invoice);
  await acts.pay(invoice);
  await acts.publish(invoice);
  return { status: "approved" };
};
