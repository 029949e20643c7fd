// The dashboard: asks the admin interface of the node that served it, and nobody else. Everything that comes from mail is put in as text.

const pages = { overview: 'Overview', queue: 'Queue', messages: 'Messages', trace: 'Trace', sites: 'Sites', holds: 'Holds', actors: 'Actors', cluster: 'Cluster', config: 'Configuration' };
const every = 2000;
const kept = 150; // samples: five minutes
const samples = [];
let last = null;
let timer = 0;
let serial = 0;

// ---- small things

const main = document.getElementById('main');

/** An element with attributes, listeners (on…) and children; what is no element becomes text. */
function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.flat(Infinity).filter(c => c !== null && c !== undefined));
  return element;
}

const svg = (name, attributes, ...children) => {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
};

const number = new Intl.NumberFormat('en');
const n = value => number.format(value);
const rate = value => value === null ? '–' : value >= 100 ? n(Math.round(value)) : value.toFixed(1);

function span(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s}s`;
  if (s < 3600) return `${Math.floor(s / 60)}m ${s % 60}s`;
  if (s < 86400) return `${Math.floor(s / 3600)}h ${Math.floor(s % 3600 / 60)}m`;
  return `${Math.floor(s / 86400)}d ${Math.floor(s % 86400 / 3600)}h`;
}

const ago = time => time ? `${span((Date.now() - Date.parse(time)) / 1000)} ago` : '–';
const due = time => !time ? '–' : Date.parse(time) <= Date.now() ? 'now' : `in ${span((Date.parse(time) - Date.now()) / 1000)}`;
const octets = value => value >= 1 << 30 ? `${(value / (1 << 30)).toFixed(1)} GiB` : value >= 1 << 20 ? `${(value / (1 << 20)).toFixed(1)} MiB` : `${Math.round(value / 1024)} KiB`;

let asking = null;

/** Asks the node, with the token of this tab when there is one; asks for it when the node does. */
async function request(path, method = 'GET') {
  const token = sessionStorage.getItem('token');
  const headers = method === 'GET' ? {} : { 'X-Mta-Admin': '1' };
  if (token) headers.Authorization = `Bearer ${token}`;
  const response = await fetch(path, { method, headers });
  if (response.status !== 401) return response;
  // One dialog, however many questions wait; who cancels it has said no until the page is loaded again.
  asking ??= askForToken();
  if (!await asking) return response;
  return request(path, method);
}

function askForToken() {
  const dialog = document.getElementById('token');
  const form = dialog.querySelector('form');
  form.reset();
  dialog.returnValue = '';
  // No button of the form: the first of those is what Enter presses.
  document.getElementById('token-cancel').onclick = () => dialog.close('no');
  dialog.showModal();
  return new Promise(done => dialog.addEventListener('close', () => {
    const given = dialog.returnValue === 'yes';
    if (given) {
      sessionStorage.setItem('token', form.elements.token.value.trim());
      asking = null;
    }
    done(given);
  }, { once: true }));
}

async function ask(path, method = 'GET') {
  const response = await request(path, method);
  const answer = await response.json().catch(() => ({ error: `the node answered ${response.status}` }));
  if (!response.ok) throw new Error(answer.error ?? `the node answered ${response.status}`);
  return answer;
}

const card = (title, ...content) => h('section', { class: 'card' }, h('h2', {}, title), ...content);

/** columns: [heading, class, cell(row)]. On a phone each row is a card of its own. */
function table(columns, rows, empty) {
  if (rows.length === 0) return h('p', { class: 'faint' }, empty);
  return h('div', { class: 'scroll' }, h('table', { class: 'cards' },
    h('thead', {}, h('tr', {}, columns.map(([heading, kind]) => h('th', { scope: 'col', class: kind }, heading)))),
    h('tbody', {}, rows.map(row => h('tr', {}, columns.map(([heading, kind, cell]) => {
      const value = cell(row);
      return h('td', { class: kind, 'data-name': heading }, value instanceof Node ? value : h('span', {}, String(value ?? '–')));
    }))))));
}

const facts = pairs => h('dl', {}, pairs.filter(([, v]) => v !== null && v !== undefined && v !== '').map(([k, v]) => [h('dt', {}, k), h('dd', {}, v)]));
const failure = e => h('p', { class: 'error', role: 'alert' }, e.message);
const link = (page, value, text = value) => h('a', { href: `#/${page}/${encodeURIComponent(value)}` }, text);

// ---- what the node counts

/** The samples of a Prometheus text, summed over all labels but those asked for. */
function measure(text) {
  const sums = { accepted: 0, delivered: 0, deferred: 0, failed: 0, queue: 0, free: 0, bodies: 0 };
  for (const line of text.split('\n')) {
    if (line.startsWith('#') || !line.startsWith('mta_')) continue;
    const [, name, labels = '', value] = line.match(/^([a-z_]+)(\{[^}]*\})? (\S+)/) ?? [];
    const v = Number(value);
    if (name === 'mta_reception_messages_total') sums.accepted += v;
    else if (name === 'mta_queue_messages') sums.queue += v;
    else if (name === 'mta_spool_free_bytes') sums.free += v;
    else if (name === 'mta_spool_bodies') sums.bodies += v;
    else if (name === 'mta_delivery_outcomes_total') {
      const outcome = labels.match(/outcome="([a-z]+)"/)?.[1];
      if (outcome === 'delivered') sums.delivered += v;
      else if (outcome === 'deferred') sums.deferred += v;
      else sums.failed += v;
    }
  }
  return sums;
}

async function sample() {
  const at = performance.now();
  const sums = measure(await (await request('metrics')).text());
  if (last) {
    const seconds = (at - last.at) / 1000;
    const per = key => Math.max(0, (sums[key] - last.sums[key]) / seconds);
    samples.push({ accepted: per('accepted'), delivered: per('delivered'), deferred: per('deferred'), failed: per('failed'), queue: sums.queue });
    if (samples.length > kept) samples.shift();
  }
  last = { at, sums };
  return sums;
}

function chart(title, series) {
  const top = Math.max(1, ...samples.flatMap(s => series.map(([key]) => s[key])));
  const x = i => 60 + (i + kept - samples.length) * (740 / (kept - 1));
  const y = v => 110 - v / top * 100;
  const drawing = svg('svg', { viewBox: '0 0 800 130', class: 'chart', role: 'img', preserveAspectRatio: 'none', 'aria-label': `${title}, the last five minutes; now ${series.map(([key, name]) => `${name} ${rate(samples.at(-1)?.[key] ?? null)}`).join(', ')}` });
  for (const part of [0, 0.5, 1]) {
    drawing.append(svg('line', { x1: 60, x2: 800, y1: y(top * part), y2: y(top * part) }));
    drawing.append(svg('text', { x: 54, y: y(top * part) + 4, 'text-anchor': 'end' }, rate(top * part)));
  }
  series.forEach(([key], i) => {
    const path = samples.map((s, k) => `${k === 0 ? 'M' : 'L'}${x(k).toFixed(1)} ${y(s[key]).toFixed(1)}`).join('');
    if (path) drawing.append(svg('path', { d: path, class: `s${i}` }));
  });
  return card(title, drawing, h('ul', { class: 'legend' }, series.map(([key, name], i) => h('li', { class: `s${i}` }, `${name} ${rate(samples.at(-1)?.[key] ?? null)}`))));
}

// ---- pages

const domainColumns = [
  ['Domain', 'text', d => link('queue', d.domain)],
  ['Messages', 'n', d => n(d.messages)],
  ['Waiting', 'n', d => n(d.waiting)],
  ['Ready', 'n', d => n(d.ready)],
  ['Under way', 'n', d => n(d.delivering)],
  ['Held', 'n', d => n(d.held)],
  ['Oldest', 'n', d => ago(d.oldest)],
  ['Next', 'n', d => due(d.until ?? d.nextDue)],
  ['Why', 'text', d => d.reason],
];

async function overview() {
  const [sums, summary, most, failures] = await Promise.all([sample(), ask('api/v1/queue/summary'), ask('api/v1/queue/domains?limit=10'), ask('api/v1/failures?limit=10')]);
  const now = samples.at(-1) ?? {};
  const tile = (name, value) => h('div', { class: 'card tile' }, h('b', {}, value), h('span', {}, name));
  return [
    h('div', { class: 'tiles' },
      tile('accepted a second', rate(now.accepted ?? null)), tile('delivered a second', rate(now.delivered ?? null)),
      tile('deferred a second', rate(now.deferred ?? null)), tile('failed a second', rate(now.failed ?? null)),
      tile('queued', n(summary.messages)), tile('held', n(summary.held)), ...summary.toDo > 0 ? [tile('still to be acted on', n(summary.toDo))] : [],
      tile('oldest', summary.oldest ? ago(summary.oldest) : '–'), tile('free for bodies', octets(sums.free))),
    h('div', { class: 'charts' },
      chart('Mail of this node, a second', [['accepted', 'accepted'], ['delivered', 'delivered'], ['deferred', 'deferred'], ['failed', 'failed']]),
      chart('Queue of this node', [['queue', 'messages']])),
    card('Most of the queue', table(domainColumns, most.domains, 'The queue is empty.'),
      most.count > most.domains.length ? h('p', { class: 'faint' }, `${most.domains.length} of ${n(most.count)} domains. `, h('a', { href: '#/queue' }, 'More')) : null),
    card('What failed at this node', table([
      ['What', '', f => h('span', { class: f.event }, f.event)], ['When', 'n', f => ago(f.time)], ['To', 'text', f => link('trace', f.to)], ['At', 'text', f => f.host ?? '–'],
      ['Reply', 'text', f => f.reply], ['Message', 'id', f => link('trace', f.id)],
    ], failures, 'Nothing lately.')),
  ];
}

async function queuePage(subject) {
  if (subject) return why(subject);
  const [summary, most] = await Promise.all([ask('api/v1/queue/summary'), ask('api/v1/queue/domains?limit=200')]);
  return [
    card('The queue', h('p', {}, summary.messages === 0 ? 'Empty.' : `${n(summary.messages)} messages for ${n(summary.recipients)} recipients: ${n(summary.waiting)} waiting, ${n(summary.ready)} ready, ${n(summary.delivering)} under way, ${n(summary.held)} held.`),
      h('p', { class: 'actions' }, h('button', { type: 'button', onclick: () => act('flush', '', 'all waiting mail') }, 'Try all waiting mail now'))),
    card(`Domains (${n(most.count)})`, table(domainColumns, most.domains, 'None.')),
  ];
}

function siteFacts(s) {
  return facts([
    ['Site', `${s.site} from ${s.node}`],
    ['Connections', `${n(s.open)} open, ${n(s.busy)} busy, ${n(s.limit)} allowed${s.share === null || s.share === undefined ? '' : `, ${n(s.share)} of them this node's now`}`],
    ['Rates', [s.messageRate && `${s.messageRate} messages`, s.connectionRate && `${s.connectionRate} connections`].filter(Boolean).join(', ')],
    ['Want out', `${n(s.wanting)} messages of ${n(s.domains)} domains`],
    ['Held up by', s.reason ? `${s.reason}${s.until ? ` (${due(s.until)})` : ''}` : null],
  ]);
}

async function why(subject) {
  const answer = await ask(`api/v1/why/${encodeURIComponent(subject)}`);
  if (answer.kind === 'nothing') return [card(subject, h('p', {}, 'Nothing is queued that is called so. ', link('trace', subject, 'What is written of it?')))];
  const parts = [];
  for (const m of answer.messages) parts.push(card(`Message to ${m.domain}`, messageFacts(m), h('p', { class: 'actions' },
    link('trace', m.id, 'Its history'),
    h('button', { type: 'button', onclick: () => act('hold', `id=${m.id}`, m.id) }, 'Hold'),
    h('button', { type: 'button', class: 'danger', onclick: () => act('bounce', `id=${m.id}`, m.id) }, 'Return to sender'),
    h('button', { type: 'button', class: 'danger', onclick: () => act('remove', `id=${m.id}`, m.id) }, 'Remove'))));
  for (const d of answer.domains) parts.push(card(d.domain,
    facts([
      ['Why', `${d.reason}${d.until ? ` (${due(d.until)})` : ''}`],
      ['Queued', `${n(d.messages)}: ${n(d.waiting)} waiting, ${n(d.ready)} ready, ${n(d.delivering)} under way, ${n(d.held)} held`],
      ['Oldest', d.oldest && ago(d.oldest)], ['Next try', d.nextDue && due(d.nextDue)],
      ['Last reply', d.lastReply && `${d.lastHost ? `${d.lastHost}: ` : ''}${d.lastReply}`],
      ['Route', d.route], ['Owner', `partition ${d.partition} at ${d.node}`],
    ]),
    d.site ? siteFacts(d.site) : null,
    h('p', { class: 'actions' },
      h('a', { href: `#/messages/${encodeURIComponent(`domain=${d.domain}`)}` }, 'Its messages'),
      h('button', { type: 'button', onclick: () => act('flush', `domain=${encodeURIComponent(d.domain)}`, d.domain) }, 'Try now'),
      h('button', { type: 'button', onclick: () => act('hold', `domain=${encodeURIComponent(d.domain)}`, d.domain) }, 'Hold'))));
  for (const s of answer.sites) parts.push(card(s.site, siteFacts(s)));
  if (answer.letsGo.length) parts.push(card('What would let it go', h('ul', {}, answer.letsGo.map(way => h('li', {}, way)))));
  return parts;
}

const messageFacts = m => facts([
  ['Id', m.id], ['State', m.state], ['Why', m.reason], ['Next', m.nextDeadline && due(m.nextDeadline)], ['From', m.sender || '(a notification)'],
  ['To', m.recipients.map(r => `${r.address}${r.lastReply ? ` — ${r.lastHost ? `${r.lastHost}: ` : ''}${r.lastReply}` : ''}`).join('; ')],
  ['Arrived', ago(m.arrived)], ['Size', octets(m.size)], ['Attempts', n(m.attempts)], ['Tenant', m.tenant], ['Campaign', m.campaign], ['Owner', m.owner],
]);

const fields = [['domain', 'Domain'], ['from', 'From'], ['to', 'To'], ['tenant', 'Tenant'], ['campaign', 'Campaign'], ['reply', 'Last reply'], ['older', 'Older than']];

async function messagesPage(query) {
  const asked = new URLSearchParams(query ?? '');
  const form = h('form', {
    class: 'search', onsubmit: event => {
      event.preventDefault();
      const meant = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ''));
      location.hash = `#/messages/${encodeURIComponent(meant)}`;
    },
  }, fields.map(([name, text]) => h('label', {}, text, h('input', { name, value: asked.get(name) ?? '', autocomplete: 'off', placeholder: name === 'older' ? '2h' : '*' }))),
    h('button', { class: 'primary' }, 'Search'));
  const found = await ask(`api/v1/queue?limit=100&${asked}`);
  const some = [...asked].length > 0;
  const said = some ? [...asked].map(([k, v]) => `${k} ${v}`).join(', ') : 'all mail';
  const which = some ? String(asked) : 'all=true';
  return [
    card('Which messages', form, h('p', { class: 'faint' }, '* stands for anything. The first 100 are shown, soonest deadline first; actions are for all that fit.'),
      h('p', { class: 'actions' },
        h('button', { type: 'button', onclick: () => act('hold', which, said) }, 'Hold, and what comes'),
        h('button', { type: 'button', class: 'danger', onclick: () => act('bounce', which, said) }, 'Return to senders'),
        h('button', { type: 'button', class: 'danger', onclick: () => act('remove', which, said) }, 'Remove'))),
    card('Messages', table([
      ['Id', 'id', m => link('queue', m.id)],
      ['State', '', m => h('span', { class: m.state }, m.state)],
      ['From', 'text', m => m.sender || '(a notification)'],
      ['To', 'text', m => `${m.recipients[0]?.address ?? m.domain}${m.recipients.length > 1 ? ` +${m.recipients.length - 1}` : ''}`],
      ['Age', 'n', m => ago(m.arrived)], ['Tries', 'n', m => n(m.attempts)], ['Next', 'n', m => due(m.nextDeadline)],
      ['Why', 'text', m => m.reason],
    ], found, 'None.')),
  ];
}

async function tracePage(subject) {
  const input = h('input', { name: 'subject', value: subject ?? '', required: true, size: 40, autocomplete: 'off', placeholder: 'queue id or address' });
  const form = h('form', { class: 'search', onsubmit: event => { event.preventDefault(); location.hash = `#/trace/${encodeURIComponent(input.value.trim())}`; } },
    h('label', {}, 'Queue id or address', input), h('button', { class: 'primary' }, 'Trace'));
  const parts = [card('What became of', form)];
  if (!subject) return parts;
  const trace = await ask(`api/v1/trace/${encodeURIComponent(subject)}`);
  for (const silent of trace.silent) parts.push(h('p', { class: 'error' }, `Not heard: ${silent}`));
  parts.push(card('Events', table([
    ['Time', 'n', e => new Date(e.time).toLocaleString()],
    ['Event', '', e => h('span', { class: e.event }, e.event)],
    ['Id', 'id', e => e.id ? link('queue', e.id) : '–'],
    ['To', 'text', e => e.to ?? e.domain ?? (e.event === 'reception' ? `${n(e.recipients)} recipients, from ${e.from || '(a notification)'}` : '–')],
    ['Host', 'text', e => e.host ?? e.client],
    ['Reply', 'text', e => e.reply ?? e.reason ?? e.notification],
    ['Tries', 'n', e => e.attempts], ['Delay', 'n', e => e.delay === null ? '–' : span(e.delay)], ['Node', 'text', e => e.node],
  ], trace.events, 'Nothing is written of it: never here, too long ago, or its node was not heard.')));
  return parts;
}

async function sitesPage() {
  const sites = await ask('api/v1/sites?limit=200');
  return [card('Receiving sites', table([
    ['Site', 'text', s => link('queue', s.site)], ['From', 'text', s => s.node], ['Open', 'n', s => n(s.open)], ['Busy', 'n', s => n(s.busy)],
    ['Allowed', 'n', s => n(s.limit) + (s.share === null || s.share === undefined ? '' : `, ${n(s.share)} here`)],
    ['Rates', 'text', s => [s.messageRate && `${s.messageRate} messages`, s.connectionRate && `${s.connectionRate} connections`].filter(Boolean).join(', ') || '–'],
    ['Want out', 'n', s => n(s.wanting)], ['Domains', 'n', s => n(s.domains)], ['Held up by', 'text', s => s.reason ? `${s.reason}${s.until ? ` (${due(s.until)})` : ''}` : '–'],
  ], sites, 'Nothing goes anywhere at the moment.'))];
}

async function holdsPage() {
  const holds = await ask('api/v1/queue/holds');
  return [card('What is held back or rerouted', table([
    ['Name', 'id', x => x.name], ['Goes', 'text', x => x.route ? `to ${x.route}` : 'nowhere: held back'],
    ['Of', 'text', x => Object.entries(x.which).map(([k, v]) => `${k} ${v || 'none'}`).join(', ') || 'all mail'],
    ['Messages', 'n', x => n(x.messages)], ['Since', 'n', x => ago(x.since)], ['Until', 'n', x => x.until ? due(x.until) : 'it is released'], ['Reason', 'text', x => x.reason || '–'],
    ['', '', x => h('button', { type: 'button', onclick: () => act('release', `name=${encodeURIComponent(x.name)}`, x.name) }, 'Release')],
  ], holds, 'Nothing is held back. Messages and domains can be held on their pages.'))];
}

const actorMetrics = {
  mta_actors_live: 'live', mta_actors_mailbox: 'mailbox', mta_actors_messages_total: 'messages',
  mta_actors_wait_seconds_sum: 'waitSum', mta_actors_wait_seconds_count: 'waitCount',
  mta_actors_processing_seconds_sum: 'processingSum', mta_actors_processing_seconds_count: 'processingCount',
};

/** What the actors' metrics say now, by type. */
async function actorTypes() {
  const types = {};
  for (const line of (await (await request('metrics')).text()).split('\n')) {
    const [, name, label, value] = line.match(/^(\w+)\{[^}]*type="([^"]+)"[^}]*\} (\S+)/) ?? [];
    const key = actorMetrics[name];
    if (!key) continue;
    const type = types[label] ??= { type: label };
    type[key] = (type[key] ?? 0) + Number(value);
  }
  return types;
}

async function actorsPage() {
  const began = performance.now();
  const before = await actorTypes();
  await new Promise(later => setTimeout(later, 1000));
  const now = await actorTypes();
  const seconds = (performance.now() - began) / 1000;
  const rate = t => Math.max(0, (t.messages - (before[t.type]?.messages ?? 0)) / seconds);
  const mean = (sum, count) => count > 0 ? `${n(Math.round(sum / count * 1e6))} µs` : '–';
  const all = Object.values(now).filter(t => t.live !== undefined).sort((a, b) => rate(b) - rate(a) || b.live - a.live);
  return [card('Actors of this node, by type', table([
    ['Type', 'text', t => t.type], ['Live', 'n', t => n(t.live)], ['Messages/s', 'n', t => n(Math.round(rate(t)))], ['In mailboxes', 'n', t => n(t.mailbox ?? 0)],
    ['Waits', 'n', t => mean(t.waitSum, t.waitCount)], ['Takes', 'n', t => mean(t.processingSum, t.processingCount)],
  ], all, 'They are not counted: mta.metrics.actors is off.'),
  h('p', { class: 'faint' }, 'Waits and takes: the mean since the node began, of one message in 128.'))];
}

async function configPage() {
  const response = await request('api/v1/config?changed=true');
  const all = await request('api/v1/config');
  if (!all.ok) throw new Error((await all.json()).error);
  return [
    card('What differs from the defaults', h('pre', {}, await response.text() || 'Nothing.')),
    card('All that is in force', h('details', {}, h('summary', {}, 'Show'), h('pre', {}, await all.text()))),
  ];
}

async function clusterPage() {
  let status;
  try {
    status = await ask('api/v1/cluster');
  } catch (e) {
    return [card('Cluster', h('p', {}, e.message))];
  }
  return [
    card('Members', table([
      ['Node', 'text', m => m.node + (m.node === status.self ? ' (this one)' : '') + (m.node === status.leader ? ', leader' : '')],
      ['State', '', m => h('span', { class: m.reachable && m.status === 'up' ? 'delivery' : 'bounce' }, m.reachable ? m.status : `${m.status}, not reachable`)],
      ['Roles', 'text', m => m.roles.join(', ')], ['Partitions', 'n', m => n(m.partitions)], ['Lease', 'n', m => m.leaseSeconds === null ? '–' : `${m.leaseSeconds} s`],
    ], status.members, 'None.')),
    card('Take this node out', h('p', {}, 'It takes no more mail, finishes what is under way, hands its partitions over and ends. The page ends with it: go on at another node.'),
      h('p', { class: 'actions' }, h('button', { type: 'button', class: 'danger', onclick: () => act('leave', '', status.self) }, 'Leave the cluster'))),
    card('Partitions', h('ul', { class: 'grid' }, status.partitions.map(p => h('li', {}, h('b', {}, String(p.partition)), ' ', p.node ?? h('span', { class: 'error' }, 'nobody'))))),
  ];
}

// ---- actions: counted first, then confirmed

const words = {
  hold: ['Hold back', c => `${n(c.messages)} queued messages, and what comes of them, will wait until they are released.`],
  bounce: ['Return to senders', c => `${n(c.messages)} messages will be returned as undeliverable. This cannot be taken back.`],
  remove: ['Remove', c => `${n(c.messages)} messages will be removed without a word to their senders. This cannot be taken back.`],
  release: ['Release', () => 'What it holds goes out, unless something else holds it; what it reroutes goes its usual way.'],
  leave: ['Leave', () => 'This node hands over and ends. Another member has to be there to take its partitions.'],
  flush: ['Try now', () => 'Waiting messages are tried at once, and sites that did not answer are probed.'],
};

async function act(action, which, said) {
  const dialog = document.getElementById('confirm');
  const counts = action === 'release' || action === 'flush' || action === 'leave' ? null : await ask(`api/v1/queue/${action}?dry-run=true&${which}`, 'POST').catch(e => e);
  if (counts instanceof Error) return show([failure(counts)]);
  const [title, text] = words[action];
  document.getElementById('confirm-title').textContent = `${title}: ${said}`;
  document.getElementById('confirm-text').textContent = text(counts) + (counts?.underWay > 0 ? ` ${n(counts.underWay)} more are under way and left to that.` : '');
  document.getElementById('confirm-yes').textContent = title;
  document.getElementById('confirm-reason').hidden = !counts;
  document.getElementById('confirm-for').hidden = action !== 'hold';
  const form = dialog.querySelector('form');
  form.reset();
  dialog.returnValue = '';
  dialog.showModal();
  await new Promise(done => dialog.addEventListener('close', done, { once: true }));
  if (dialog.returnValue !== 'yes') return;
  const more = new URLSearchParams();
  if (counts && form.elements.reason.value) more.set('reason', form.elements.reason.value);
  if (action === 'hold' && form.elements.for.value) more.set('for', form.elements.for.value);
  try {
    const done = await ask(action === 'leave' ? 'api/v1/cluster/leave' : `api/v1/queue/${action}?${which}&${more}`, 'POST');
    // It is done bit by bit: what is shown afterwards is what has become of it.
    for (let left = done.messages; left > 0 && action !== 'flush' && action !== 'leave';) {
      left = (await ask('api/v1/queue/summary')).toDo;
      if (left > 0) {
        show([h('p', { class: 'card', role: 'status' }, `${title}: ${n(left)} messages still to do. It goes on also when this page is left.`)]);
        await new Promise(later => setTimeout(later, 500));
      }
    }
    if (action === 'leave') return show([h('p', { class: 'card', role: 'status' }, `${done.node} leaves the cluster.`)]);
    await render(h('p', { class: 'card', role: 'status' }, `${title}: ${n(done.messages)} messages${done.name ? `; the hold is called ${done.name}` : ''}.`));
  } catch (e) {
    await render(failure(e));
  }
}

// ---- the frame

const routes = { overview, queue: queuePage, messages: messagesPage, trace: tracePage, sites: sitesPage, holds: holdsPage, actors: actorsPage, cluster: clusterPage, config: configPage };
const live = new Set(['overview', 'sites', 'actors']);

function place() {
  const [page, ...rest] = location.hash.replace(/^#\/?/, '').split('/');
  return { page: routes[page] ? page : 'overview', subject: rest.length ? decodeURIComponent(rest.join('/')) : null };
}

function show(parts) {
  main.replaceChildren(...parts.flat(Infinity));
}

async function render(notice = null) {
  const mine = ++serial;
  clearTimeout(timer);
  const { page, subject } = place();
  document.title = `${pages[page]} · Actors.Mta`;
  for (const a of document.querySelectorAll('nav a')) {
    if (a.dataset.page === page) a.setAttribute('aria-current', 'page');
    else a.removeAttribute('aria-current');
  }
  let parts;
  try {
    parts = await routes[page](subject);
  } catch (e) {
    parts = [failure(e)];
  }
  if (mine !== serial) return;
  show(notice ? [notice, parts] : parts);
  if (live.has(page)) timer = setTimeout(render, every);
}

async function health() {
  const badge = document.getElementById('health');
  try {
    const alive = await ask('health/live');
    document.getElementById('node').textContent = `${alive.node} · ${alive.version}`;
    await ask('health/ready');
    [badge.textContent, badge.className] = ['takes mail', 'badge good'];
  } catch (e) {
    [badge.textContent, badge.className] = [e instanceof TypeError ? 'does not answer' : e.message, 'badge bad'];
  }
  setTimeout(health, 5000);
}

document.getElementById('pages').append(...Object.entries(pages).map(([page, name]) => h('a', { href: `#/${page}`, 'data-page': page }, name)));
addEventListener('hashchange', () => { render(); main.focus({ preventScroll: true }); });
render();
health();
