// What lies over the pages and comes late, as the stage says.
'use strict';

const forever = -1;

// missed tells the site of a click that hit what lay over the page.
function missed(node, kind) {
  node.addEventListener('click', (event) => {
    event.stopPropagation();
    if (!event.isTrusted) return;
    fetch(hosts.www + '/_rehearsal/missed', {method: 'POST', body: new URLSearchParams({kind, order: query.get('orderId') || query.get('tradeOrderId') || ''})}).catch(() => {});
  });
  return node;
}

// cover lays a node over everything for so many milliseconds.
function cover(node, kind, ms) {
  if (!ms) return;
  document.body.append(missed(node, kind));
  if (ms !== forever) setTimeout(() => node.remove(), ms);
}

function cookieBanner() {
  if (!stage.cookies || document.cookie.includes('x_rehearsal_gdpr=1')) return;
  const banner = missed(h('div', {class: 'gdpr-banner', role: 'dialog'}, h('p', {class: 'gdpr-banner-text'}, t('cookies_text'))), 'cookies');
  banner.append(onPress(h('button', {type: 'button', class: 'comet-btn comet-btn-primary btn-accept'}, h('span', {}, t('cookies_accept'))), 'accept_cookies', '', (event) => {
    event.stopPropagation();
    document.cookie = 'x_rehearsal_gdpr=1; path=/; max-age=31536000';
    banner.remove();
  }));
  document.body.append(banner);
}

// chatRobot covers the page's buttons, whichever it has.
function chatRobot() {
  if (!stage.robot) return;
  const box = missed(h('div', {id: 'J_xiaomi_dialog', class: 'xiaomi-dialog'}, h('p', {class: 'xiaomi-text'}, t('robot_hello'))), 'robot');
  box.prepend(onPress(h('button', {type: 'button', class: 'xiaomi-close', 'aria-label': t('button_close')}, '×'), 'close_robot', '', (event) => {
    event.stopPropagation();
    box.remove();
  }));
  const target = document.querySelector('.order-block-btns, [data-pl="buyersubmit_btn_submit"], [data-pl="message_send"], [data-pl="reverse_next_step"], [data-pl="order_more"]');
  const r = target ? target.getBoundingClientRect() : {left: innerWidth - 340, top: innerHeight - 300, width: 300, height: 220};
  Object.assign(box.style, {left: `${r.left + scrollX - 10}px`, top: `${r.top + scrollY - 34}px`,
    width: `${Math.max(r.width + 20, 260)}px`, height: `${Math.max(r.height + 44, 110)}px`});
  document.body.append(box);
}

// disturb is called once the page shows its data.
function disturb() {
  cover(h('div', {class: 'site-overlay'}), 'overlay', stage.overlay);
  cover(h('div', {class: 'comet-loading-wrap site-veil'}, h('div', {class: 'comet-loading'})), 'loading', stage.loading);
  chatRobot();
  cookieBanner();
}

// late puts nodes into a box at once or when the stage lets the buttons come.
function late(box, ...nodes) {
  if (!stage.lateButtons) box.append(...nodes);
  else if (stage.lateButtons !== forever) setTimeout(() => box.append(...nodes), stage.lateButtons);
  return box;
}

// swapOnHover lets two neighbours change places once when the pointer comes.
function swapOnHover(node, other) {
  if (!stage.swapOnHover || !node || !other) return;
  node.addEventListener('pointerenter', () => {
    const mark = document.createComment('');
    node.replaceWith(mark);
    other.replaceWith(node);
    mark.replaceWith(other);
  }, {once: true});
}

// spring is told of the moments at which a page may try to write by itself.
function spring(moment, reason) { if (stage.tries) tryAt(moment, reason); }

// A busy page keeps the gateway's host busy, over connections that may carry
// its writes as well: the same credentials. No more than four are on their way:
// a machine that answers fewer than it asks would be buried under them.
if (stage.busy) {
  let open = 0;
  setInterval(async () => {
    if (open >= 4) return;
    open++;
    await fetch(hosts.api + '/static/tick.bmp', {mode: 'no-cors', credentials: 'include', cache: 'no-store'}).catch(() => {});
    open--;
  }, 10);
}

if (stage.stickyHeader) document.body.classList.add('sticky-header');
