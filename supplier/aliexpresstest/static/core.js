// What all pages share: elements, trusted clicks, calls, dialogs.
'use strict';

const root = document.getElementById('root');
const query = new URLSearchParams(location.search);

// t gives a caption in the page's language.
const t = (key) => texts[key] ?? key;

// h builds an element; attributes that are functions become click handlers.
function h(tag, attrs, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attrs || {})) {
    if (value === undefined || value === null || value === false) continue;
    node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

// onPress runs fn for clicks that a person made. Others are reported, so that
// the site's log tells of them, and otherwise ignored.
function onPress(node, kind, orderId, fn) {
  node.addEventListener('click', (event) => {
    if (event.isTrusted) return fn(event);
    event.preventDefault();
    const body = new URLSearchParams({kind, order: orderId || ''});
    fetch(hosts.www + '/_rehearsal/untrusted', {method: 'POST', body}).catch(() => {});
  });
  return node;
}

class CallError extends Error {}

// dataText is what a call asks, in the words of the gateway.
const dataText = (data) => JSON.stringify({_lang: locale, ...data});

// sign stands for the real site's signature, which nobody checks here: it is
// another for each token, time and question.
function sign(time, data) {
  const token = document.cookie.match(/_m_h5_tk=([^;_]*)/)?.[1] || '';
  let signature = '';
  for (let round = 1; round <= 4; round++) {
    let n = Math.imul(0x811c9dc5, round);
    for (const c of `${token}&${time}&${dataText(data)}`) n = Math.imul(n ^ c.codePointAt(0), 0x01000193);
    signature += (n >>> 0).toString(16).padStart(8, '0');
  }
  return signature;
}

function callURL(api, type, data, body) {
  const time = Date.now();
  const q = new URLSearchParams({jsv: '2.5.1', appKey: '12574478', t: time, sign: sign(time, data || body), api, v: '1.0', type,
    timeout: '15000', ecode: '1', needLogin: 'true'});
  if (data) q.set('data', dataText(data));
  return `${hosts.api}/h5/${api.toLowerCase()}/1.0/?${q}`;
}

// settle gives the data of an answer or does what its code asks for.
function settle(answer) {
  const codes = (answer.ret || []).join(' ');
  if (codes.startsWith('SUCCESS')) return answer.data;
  if (/FAIL_SYS_USER_VALIDATE|RGV587_ERROR/.test(codes)) showChallenge(answer.data.url);
  if (/SESSION_EXPIRED|NEED_LOGIN/.test(codes)) {
    location.href = hosts.login + '/?return_url=' + encodeURIComponent(location.href);
  }
  throw new CallError(codes.split('::').pop() || 'Unknown error');
}

// Order numbers may be longer than a JavaScript number is exact.
function parseExact(text) {
  return JSON.parse(text.replace(/([:\[,])(\d{15,})(?=[,}\]])/g, '$1"$2"'));
}

// settled repeats a call whose token was out of date; the answer has brought a
// new one.
async function settled(ask) {
  let answer = await ask();
  for (let i = 0; i < 2 && /FAIL_SYS_TOKEN|ILLEGAL_ACCESS/.test(answer.ret); i++) answer = await ask();
  return settle(answer);
}

const get = (api, data) => settled(async () =>
  parseExact(await (await fetch(callURL(api, 'originaljson', data), {credentials: 'include'})).text()));

const postURL = (api, data) => callURL(api, 'originaljson', null, data) + '&post=1&isSec=1';
const postBody = (data) => 'data=' + encodeURIComponent(dataText(data));

const post = (api, data) => settled(async () => {
  const res = await fetch(postURL(api, data), {
    method: 'POST', credentials: 'include', headers: {'Content-Type': 'application/x-www-form-urlencoded'}, body: postBody(data),
  });
  return parseExact(await res.text());
});

let scripts = 0;
const jsonp = (api, data) => settled(() => new Promise((resolve, reject) => {
  const name = 'mtopjsonp' + ++scripts;
  const script = h('script', {src: callURL(api, 'originaljsonp', data) + '&callback=' + name});
  window[name] = (answer) => { script.remove(); resolve(answer); };
  script.onerror = () => reject(new CallError(t('error_network')));
  document.head.append(script);
}));

const common = () => ({clientPlatform: 'pc', shipToCountry: 'US', timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone});

// blocks gives the fields of an ultron answer's components with a tag, in the
// order of the page.
function blocks(data, tag) {
  const sequence = Object.values(data.hierarchy?.structure || {}).flat();
  return sequence.map((key) => data.data[key]).filter((c) => c && c.tag === tag).map((c) => c.fields);
}

function showChallenge(url) {
  if (document.querySelector('.baxia-dialog')) return;
  document.body.append(h('div', {class: 'baxia-dialog'},
    h('div', {class: 'baxia-dialog-mask'}),
    h('div', {class: 'baxia-dialog-content', id: 'baxia-dialog-content'}, h('iframe', {src: url, title: 'verification'}))));
}

function toast(text) {
  const node = h('div', {class: 'comet-v2-message', role: 'alert'}, text);
  document.body.append(node);
  setTimeout(() => node.remove(), 6000);
}

// modal opens a dialog; buttons are [caption, kind, handler, primary].
function modal(title, body, buttons, orderId) {
  const close = () => mask.remove();
  const footer = h('div', {class: 'comet-v2-modal-footer'}, buttons.map(([caption, kind, fn, primary]) =>
    onPress(h('button', {type: 'button', class: 'comet-v2-btn' + (primary ? ' comet-v2-btn-primary' : '')}, h('span', {}, caption)),
      kind, orderId, (event) => fn(event, close))));
  const mask = h('div', {class: 'comet-v2-modal-mask'},
    h('div', {class: 'comet-v2-modal', role: 'dialog'},
      h('div', {class: 'comet-v2-modal-title'}, title),
      h('div', {class: 'comet-v2-modal-body'}, body), buttons.length ? footer : null));
  document.body.append(mask);
  return close;
}

function operate(operation, orderId, event, more) {
  return post('mtop.aliexpress.trade.buyer.order.operation', {tradeOrderId: orderId, operation, isTrusted: event.isTrusted, ...more});
}

// pressOperation is a button that writes as soon as it is pressed.
async function pressOperation(type, orderId, event, after) {
  try {
    await operate(type, orderId, event);
    if (after) after();
  } catch (err) { toast(err.message); }
}

function confirmReceived(orderId, i18n, after) {
  modal(i18n.popup_order_confirm1, i18n.popup_order_confirm1_tips || '', [
    [i18n.cancel || 'Cancel', 'dismiss', (_, close) => close()],
    [i18n.confirm || 'Confirm', 'confirm_goods', (event, close) => { close(); pressOperation('CONFIRM_GOODS', orderId, event, after); }, true],
  ], orderId);
}

// typed gives a text field's value as a person typed it: what a script put in
// does not count.
function typed(node, changed) {
  let value = node.value;
  node.addEventListener('input', (event) => {
    if (event.isTrusted) value = node.value;
    else node.value = value;
    changed();
  });
  return {get value() { return value; }, set value(v) { value = node.value = v; }};
}

// picker is a drop-down over {reasonCode, reasonText}; picked gets the choice.
function picker(list, orderId, picked) {
  const chosen = h('span', {class: 'comet-v2-select-value comet-v2-select-placeholder'}, t('select_here'));
  const menu = h('div', {class: 'comet-v2-menu', role: 'listbox'});
  const select = onPress(h('div', {class: 'comet-v2-select comet-v2-select-show-arrow', role: 'combobox', tabindex: '0'}, chosen), 'select', orderId, () => {
    if (menu.childElementCount) return menu.replaceChildren();
    menu.replaceChildren(...list.map((r) =>
      onPress(h('div', {class: 'comet-v2-menu-item', role: 'option'}, r.reasonText), 'reason', orderId, () => {
        chosen.textContent = r.reasonText;
        chosen.classList.remove('comet-v2-select-placeholder');
        menu.replaceChildren();
        picked(r);
      })));
  });
  return h('div', {class: 'comet-v2-select-wrap'}, select, menu);
}

function header(title) {
  return h('div', {class: 'site-header'}, h('div', {class: 'site-header-inner'},
    h('a', {class: 'site-logo', href: hosts.www + '/p/order/index.html'}, 'AliExpress', h('small', {}, 'loopback')),
    h('div', {class: 'site-search'}, t('search')), h('div', {class: 'site-account'}, t('greeting'))),
    h('div', {class: 'site-crumbs'}, t('account'), h('span', {}, '›'), title));
}

function loading() { return h('div', {class: 'comet-loading-wrap'}, h('div', {class: 'comet-loading'})); }

// run shows what a page's first call gives, or that it gave nothing.
async function run(title, load) {
  const main = h('main', {class: 'site-main'}, loading());
  root.append(header(title), main);
  try {
    main.replaceChildren(...[await load()].flat());
    disturb();
    spring('load');
  } catch (err) {
    console.error(err);
    main.replaceChildren(h('div', {class: 'comet-error'}, h('h2', {}, t('error_title')), h('p', {}, err.message),
      onPress(h('button', {class: 'comet-btn'}, h('span', {}, t('reload'))), 'reload', '', () => location.reload())));
  }
}
