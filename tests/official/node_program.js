// Runs the official JavaScript SDK in Node: `scenario` prints a line of JSON for each story, `calls` answers
// each line of JSON on standard input, a call, with its status and reply.
//
// node node_program.js FOLDER_WITH_NODE_MODULES scenario|calls PLACE

const path = require("path");
const readline = require("readline");
const { createRequire } = require("module");
const { runScenario } = require("./scenario.js");

const [folder, what, text] = process.argv.slice(2);
const load = createRequire(path.join(path.resolve(folder), "package.json"));
const platformClient = load("purecloud-platform-client-v2");
const place = JSON.parse(text);

function write(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

async function answer(line) {
  const { api, method, values, options } = JSON.parse(line);
  const kind = platformClient[api];
  if (!kind || !kind.prototype[method]) return { missing: true };
  try {
    const reply = await new kind()[method](...values, options);
    return { status: 200, reply: reply === undefined ? null : reply };
  } catch (error) {
    if (error && error.status) return { status: error.status, reply: error.body || null };
    return { status: 0, reply: String((error && error.message) || error) };
  }
}

async function main() {
  if (what === "scenario") {
    await runScenario(platformClient, load("ws"), place, (name, problem) => write({ name, problem }));
    return;
  }
  const client = platformClient.ApiClient.instance;
  client.setGateway({ protocol: "http", host: place.host, port: place.port });
  client.setAccessToken(place.token);
  for await (const line of readline.createInterface({ input: process.stdin })) write(await answer(line));
}

main().then(() => process.exit(0), (error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
