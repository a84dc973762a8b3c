// What callers of the facade wait for: invoices are started, looked at and decided over gRPC, so many requests a second in all.
// `make k6` starts what is asked and runs this (run.py). k6 fails where a threshold does.
//
//   SESSION   the file that `vextrus dev` writes: address, tenant, and tokens of people
//   RATE      requests a second, of all kinds together
//   DURATION   how many seconds are measured, after WARM_UP seconds that do not count
//   QUERIES   how often an invoice is looked at between its start and its decision

import exec from 'k6/execution';
import grpc from 'k6/net/grpc';
import { check } from 'k6';
import { Counter } from 'k6/metrics';

const setting = (name, usual) => Number(__ENV[name] || usual);
const RATE = setting('RATE', 100);
const DURATION = setting('DURATION', 30);
const WARM_UP = setting('WARM_UP', 10);
const QUERIES = setting('QUERIES', 8);

// The brief's baseline, in milliseconds.
const P95 = 300;
// One invoice: its start, the looks at it, its decision.
const ROUND = QUERIES + 2;
// Each asks once a second, so that a workflow has that long to open its task, and one answer that is late delays nobody else.
const CALLERS = Math.max(ROUND, RATE);
const SUBMITTER = 'nasrin';
// Decides the only level of what is below 100,000 taka.
const APPROVER = 'rahim';
// In poisha. Small, so that the example company's budgets last; VAT of 15 % is whole at each step.
const LEAST = 100_000;
const STEP = 20;

const session = JSON.parse(open(__ENV.SESSION));
const asked = new Counter('asked');
const client = new grpc.Client();

const thresholds = {
  'checks{phase:measured}': ['rate>0.99'],
  dropped_iterations: [`count<=${0.01 * RATE * DURATION}`],
};
for (const [kind, times] of Object.entries({ start: 1, query: QUERIES, decide: 1 })) {
  thresholds[`grpc_req_duration{phase:measured,kind:${kind}}`] = [`p(95)<${P95}`];
  // A kind that was hardly asked would pass whatever it took.
  thresholds[`asked{phase:measured,kind:${kind}}`] = [`count>=${Math.floor((0.8 * RATE * DURATION * times) / ROUND)}`];
}

export const options = {
  scenarios: {
    callers: {
      executor: 'constant-arrival-rate',
      rate: RATE,
      timeUnit: '1s',
      duration: `${WARM_UP + DURATION}s`,
      preAllocatedVUs: CALLERS,
      maxVUs: CALLERS,
    },
  },
  thresholds,
  summaryTrendStats: ['med', 'p(95)', 'p(99)', 'max'],
};

// A ledger that is kept knows the numbers of earlier runs.
export function setup() {
  return { run: Date.now().toString(36) };
}

// Of this caller: what it asked of its invoice so far, the invoice, and whether a failure of its was told.
let turn = null;
let invoice = null;
let told = false;

export default function ask({ run }) {
  if (turn === null) {
    client.connect(session.address.replace(/^https?:\/\//, ''), { plaintext: true, reflect: true });
    // They come in one after another over the first round, and their invoices stay as far apart.
    turn = exec.vu.idInTest % ROUND;
  }
  if (turn === 0) {
    start(run);
  } else if (turn === ROUND - 1 && invoice !== null && invoice.task !== null) {
    decide(run);
  } else if (invoice !== null) {
    query();
  }
  // A decision waits until a look has shown the task open.
  if (turn < ROUND - 1 || invoice === null) {
    turn = (turn + 1) % ROUND;
  }
}

function start(run) {
  const number = exec.scenario.iterationInTest;
  // No two have the same total, so that none is taken for another's double.
  const subtotal = LEAST + number * STEP;
  const vat = (subtotal * 15) / 100;
  const answer = invoke('start', 'vextrus.invoice.v1.InvoiceService/SubmitInvoice', SUBMITTER, {
    parent: `tenants/${session.tenant}`,
    requestId: `k6-${run}-${number}`,
    content: {
      vendor: 'jamuna-survey',
      number: `K6-${run}-${number}`,
      date: '2026-10-12',
      dueDate: '2026-11-30',
      currency: 'BDT',
      department: 'works',
      lines: [{ description: 'survey', quantity: '1', unitPricePoisha: subtotal, amountPoisha: subtotal }],
      subtotalPoisha: subtotal,
      vatPoisha: vat,
      totalPoisha: subtotal + vat,
    },
  });
  invoice = answer && { name: answer.invoice.name, task: null, etag: '' };
}

function query() {
  const answer = invoke('query', 'vextrus.invoice.v1.InvoiceService/GetInvoice', SUBMITTER, { name: invoice.name });
  if (answer) {
    const { tasks, etag } = answer.invoice.approval;
    const open = tasks.find((task) => task.state === 'TASK_STATE_OPEN' && task.eligible.includes(APPROVER));
    Object.assign(invoice, { task: open ? open.name : null, etag });
  }
}

function decide(run) {
  invoke('decide', 'vextrus.approval.v1.ApprovalService/Act', APPROVER, {
    name: invoice.task,
    requestId: `k6-${run}-${exec.scenario.iterationInTest}`,
    etag: invoice.etag,
    decide: { answer: 'approve' },
  });
  invoice = null;
}

// The answer, or null.
function invoke(kind, method, person, request) {
  const measured = Date.now() - exec.scenario.startTime >= WARM_UP * 1000;
  const tags = { kind, phase: measured ? 'measured' : 'warm_up' };
  const metadata = { authorization: `Bearer ${session.tokens[person]}` };
  asked.add(1, tags);
  const response = client.invoke(method, request, { metadata, tags, timeout: '10s' });
  const answered = check(response, { [`${kind} is answered`]: (r) => r.status === grpc.StatusOK }, tags);
  if (!answered && !told) {
    told = true;
    console.warn(`${kind}: ${JSON.stringify(response.error)}`);
  }
  return answered ? response.message : null;
}
