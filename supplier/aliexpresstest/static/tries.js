// Writes that the page makes by itself, as the stage says.
'use strict';

window.tried = [];

// made tells the site that the call of a try was made. The picture's address
// says nothing of what was tried: only the try itself is to stand out.
function made(x) {
  tried.push(x.by);
  fetch(`/static/tried/${x.n}.bmp`, {keepalive: true, cache: 'no-store'}).catch(() => {});
}

const dataOf = (x) => ({tradeOrderId: x.order, operation: x.operation, isTrusted: true, ...(x.reason ? {reasonCode: x.reason} : {})});
const addressOf = (x, type = 'originaljson') => callURL(x.api, type, dataOf(x));
const bodyOf = (x) => postBody(dataOf(x));
const formType = {'Content-Type': 'application/x-www-form-urlencoded'};

const send = (x, more, url = postURL(x.api, dataOf(x))) =>
  fetch(url, {method: 'POST', credentials: 'include', headers: formType, body: bodyOf(x), ...more}).catch(() => {});

function add(tag, attributes) {
  const node = Object.assign(document.createElement(tag), attributes);
  document.body.append(node);
  return node;
}

function submitForm(x, target) {
  const form = add('form', {method: 'POST', action: postURL(x.api, dataOf(x)), target, hidden: true});
  form.append(Object.assign(document.createElement('input'), {name: 'data', value: dataText(dataOf(x))}));
  form.submit();
}

function sendMultipart(x) {
  const body = new FormData();
  body.append('data', dataText(dataOf(x)));
  send(x, {headers: {}, body});
}

function sendXHR(x) {
  const request = new XMLHttpRequest();
  request.open('POST', postURL(x.api, dataOf(x)));
  request.withCredentials = true;
  request.setRequestHeader('Content-Type', formType['Content-Type']);
  request.send(bodyOf(x));
}

// worker is the script's address; a new one each time, for shared and service
// workers of one address are one.
const worker = () => '/static/tryworker.js?' + Date.now() + Math.random();
const toWorker = (x) => ({url: postURL(x.api, dataOf(x)), body: bodyOf(x)});

function bySharedWorker(x) { new SharedWorker(worker()).port.postMessage(toWorker(x)); }

function byServiceWorker(x) {
  navigator.serviceWorker.register(worker()).then((r) => r.installing.postMessage(toWorker(x))).catch(() => {});
}

// byEvents ends with the first error: an event source tries again for ever.
function byEvents(x) {
  const source = new EventSource(addressOf(x), {withCredentials: true});
  source.onerror = () => source.close();
}

function byPing(x) {
  const link = add('a', {href: '#x', ping: addressOf(x)});
  link.click();
  link.remove();
}

const sendLater = (x, more) =>
  fetchLater(postURL(x.api, dataOf(x)), {method: 'POST', credentials: 'include', headers: formType, body: bodyOf(x), ...more});

// answered is what a script's answer calls.
function answered() {}

const beacon = (x) => navigator.sendBeacon(postURL(x.api, dataOf(x)), new URLSearchParams(bodyOf(x)));

const ways = {
  'fetch': (x) => send(x),
  'xhr': sendXHR,
  'json': (x) => send(x, {headers: {'Content-Type': 'application/json'}, body: dataText(dataOf(x))}),
  'multipart': sendMultipart,
  'put': (x) => send(x, {method: 'PUT'}),
  'beacon': beacon,
  'keepalive': (x) => send(x, {keepalive: true}),
  'later': (x) => sendLater(x, {activateAfter: 0}),
  'form': (x) => submitForm(x, ''),
  'form tab': (x) => submitForm(x, '_blank'),
  'ping': byPing,
  'image': (x) => { new Image().src = addressOf(x); },
  'script': (x) => add('script', {src: addressOf(x, 'originaljsonp') + '&callback=answered'}),
  'style': (x) => add('link', {rel: 'stylesheet', href: addressOf(x)}),
  'frame': (x) => add('iframe', {src: addressOf(x), hidden: true}),
  'events': byEvents,
  'websocket': (x) => new WebSocket(addressOf(x).replace(/^http/, 'ws')),
  'worker': (x) => new Worker(worker()).postMessage(toWorker(x)),
  'shared worker': bySharedWorker,
  'service worker': byServiceWorker,
  'moved': (x) => send(x, {}, '/_rehearsal/moved?to=' + encodeURIComponent(postURL(x.api, dataOf(x)))),
  'moved image': (x) => { new Image().src = `/static/moved/${x.n}.bmp`; },
  'later left': (x) => sendLater(x),
};

// Those that tell by themselves when they were made.
const waysInTime = {
  'beacon left': (x) => addEventListener('pagehide', () => { beacon(x); made(x); }, {once: true}),
  'keepalive left': (x) => {
    const once = `left ${x.order} ${x.when}`;
    if (sessionStorage.getItem(once)) return;
    sessionStorage.setItem(once, '1');
    location.reload();
    send(x, {keepalive: true});
    made(x);
  },
  'twice': (x) => {
    const one = () => { send(x); made(x); };
    one();
    setTimeout(one, 500);
  },
};

function tryOne(x) {
  if (waysInTime[x.by]) return waysInTime[x.by](x);
  ways[x.by](x);
  return made(x);
}

// tryAt makes the tries of a moment. To cancel its own order a page gives the
// reason that was chosen, where one was.
function tryAt(when, reason) {
  for (const told of (stage.tries || []).filter((x) => x.when === when)) {
    const x = told.own && reason ? {...told, reason} : told;
    if (x.after) setTimeout(tryOne, x.after, x);
    else tryOne(x);
  }
}

addEventListener('pagehide', () => tryAt('leaving'));
