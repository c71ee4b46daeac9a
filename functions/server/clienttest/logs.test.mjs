// Logs, their exports, feedback and analytics, as the portkey-ai client asks
// for them: every call that it has.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Portkey } from 'portkey-ai';
import { startSluice } from './harness.mjs';

let sluice, client;

before(async () => {
  sluice = await startSluice();
  client = new Portkey({ baseURL: `${sluice.url}/v1`, apiKey: 'unused', provider: 'echo', traceID: 'trace-1', metadata: { team: 'red', _user: 'ann' } });
  await client.chat.completions.create({ model: 'echo', messages: [{ role: 'user', content: 'Hi' }] });
});
after(() => sluice?.close());

const time = { time_of_generation_min: new Date(Date.now() - 3600e3).toISOString(), time_of_generation_max: new Date(Date.now() + 3600e3).toISOString() };

// eventually asks again until the consumer of records has come to them.
async function eventually(ask, good) {
  for (let tries = 0; ; tries++) {
    const got = await ask();
    if (good(got) || tries === 200) return got;
    await new Promise((done) => setTimeout(done, 100));
  }
}

test('a log of a request that was made elsewhere', async () => {
  const made = await client.logs.create({
    request: { url: 'https://api.example/v1/chat/completions', method: 'POST', headers: {}, body: { model: 'gpt-4o' }, provider: 'openai' },
    response: { status: 200, headers: {}, body: { model: 'gpt-4o', usage: { prompt_tokens: 1000, completion_tokens: 10 } }, response_time: 1200 },
    metadata: { trace_id: 'trace-2', team: 'blue' },
  });
  const log = await (await fetch(`${sluice.url}/v1/logs/${made.ids[0]}`)).json();
  assert.equal(log.metrics.cost, 0.26);
  assert.equal(log.response.body.model, 'gpt-4o');
});

test('an export', async () => {
  const find = () => fetch(`${sluice.url}/v1/logs?trace_id=trace-1`).then((r) => r.json());
  assert.equal((await eventually(find, (page) => page.data.length === 1)).data.length, 1);
  const { id } = await client.logs.exports.create({ workspaceId: 'any', description: 'mine', filters: { ...time, ai_org: 'echo' }, requestedData: ['id'] });
  await client.logs.exports.update({ exportId: id, requestedData: ['trace_id', 'ai_model', 'metadata'] });
  assert.equal((await client.logs.exports.start({ exportId: id })).object, 'export');
  assert.equal((await client.logs.exports.retrieve({ exportId: id })).status, 'success');
  assert.deepEqual((await client.logs.exports.list({ workspaceId: 'any' })).data.map((x) => x.id), [id]);
  const { signed_url: url } = await client.logs.exports.download({ exportId: id });
  assert.equal(await (await fetch(url)).text(), '{"trace_id":"trace-1","ai_model":"echo","metadata":{"_user":"ann","team":"red"}}\n');
  assert.ok((await client.logs.exports.cancel({ exportId: id })).message);
  assert.equal((await fetch(url)).status, 400);
});

test('feedback and analytics', async () => {
  const requests = await eventually(() => client.analytics.graphs.requests(time), (got) => got.summary.total >= 1);
  assert.ok(requests.summary.total >= 1);
  const { feedback_ids: [feedbackID] } = await client.feedback.create({ traceID: 'trace-1', value: 10, weight: 0.5 });
  assert.equal((await client.feedback.update({ feedbackID, value: 4 })).status, 'success');
  const rated = await eventually(() => client.analytics.graphs.feedbacks_weighted(time), (got) => got.summary.avg === 4);
  assert.equal(rated.summary.avg, 4);
  for (const name of ['requests', 'cost', 'latency', 'tokens', 'users', 'usersRequests', 'errors', 'errors_rate', 'errors_stack', 'errors_status_code', 'requests_rescued',
    'cache_hit_rate', 'cache_latency', 'feedbacks', 'feedbacks_score', 'feedbacks_weighted', 'feedback_ai_models']) {
    const got = await client.analytics.graphs[name]({ ...time, status_code: '200,429' });
    assert.equal(got.object, 'analytics-graph', name);
    assert.ok(Array.isArray(got.data_points), name);
  }
  assert.deepEqual((await client.analytics.groups.users(time)).data.map((u) => u.user), ['ann']);
  assert.ok((await client.analytics.groups.aiModels(time)).data.some((m) => m.ai_model === 'echo'));
  const teams = await client.analytics.groups.metadata('team', { ...time, page_size: 1, current_page: 1 });
  assert.equal(teams.total, 2);
  assert.deepEqual(teams.data.map((row) => row.metadata_value), ['red']);
  assert.equal((await client.analytics.summary.cache(time)).object, 'analytics-summary');
});

test('what is wrong is an error of the client', async () => {
  await assert.rejects(client.feedback.create({ traceID: 'trace-1', value: 11 }), (e) => e.status === 400 && /value/.test(e.message));
  await assert.rejects(client.logs.exports.retrieve({ exportId: 'none' }), (e) => e.status === 404);
});
