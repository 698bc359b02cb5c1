// The cancel form: on a page of its own or in a dialog over the order.
'use strict';

// cancelForm gives the form's element; done gets the caption of the end.
function cancelForm(module, done) {
  const orderId = String(module.tradeOrderId);
  let reason = null;
  const once = module.cancelLayout === 'nopopup';
  const submit = onPress(h('button', {type: 'button', class: 'comet-v2-btn comet-v2-btn-primary', 'data-pl': 'buyersubmit_btn_submit', disabled: true}, h('span', {}, t('submit'))),
    'submit', orderId, (event) => once ? ask(orderId, reason, event, submit, done) : askFirst(orderId, reason, submit, done));
  const select = picker(module.reasonList, orderId, (r) => {
    reason = r;
    submit.disabled = false;
  });
  return h('div', {class: 'refund-cancel--form--3kQzv'},
    h('div', {class: 'refund-cancel--order--1yTr0'}, t('order_ID') + ' ', h('span', {'data-pl': 'refund_cancel_order_id'}, orderId)),
    h('label', {class: 'refund-cancel--label--2wPq1'}, t('form_question')),
    select,
    h('p', {class: 'refund-cancel--hint--0aFf2'}, t('form_hint')),
    late(h('div', {class: 'refund-cancel--buttons--7pLm2'}), submit));
}

// askFirst opens the confirm dialog and carries the request out.
// The form without one and the order without a form pass no button or no reason.
function askFirst(orderId, reason, submit, done) {
  const body = reason ? `${t('form_reason')}: ${reason.reasonText}` : t('form_instant');
  modal(t('canceling_title'), h('p', {}, body), [
    [t('cancel'), 'dismiss', (_, close) => close()],
    [t('confirm'), 'cancel', async (event, close) => {
      event.currentTarget.disabled = true;
      await ask(orderId, reason, event, submit, done, close);
    }, true],
  ], orderId);
}

// ask sends the request; the pop-up, if there is one, closes with the answer.
async function ask(orderId, reason, event, submit, done, close = () => {}) {
  if (submit) submit.disabled = true;
  try {
    const asked = operate('CANCEL_ORDER', orderId, event, reason ? {reasonCode: reason.reasonCode} : {});
    spring('confirming', reason?.reasonCode);
    const {module} = await asked;
    close();
    if (module.result === 'PICKED_UP') return pickedUp(orderId);
    done(t(module.result === 'CLOSED' ? 'cancel_success' : 'cancel_requested'));
  } catch (err) {
    close();
    if (submit) submit.disabled = false;
    toast(err instanceof CallError ? err.message : t('error_network'));
  }
}

function pickedUp(orderId) {
  modal(t('reject_confirm_title'), t('reject_confirm_content'),
    [[t('okay'), 'dismiss', () => { location.href = hosts.www + '/p/order/detail.html?orderId=' + orderId; }, true]], orderId);
}

function ending(title, orderId) {
  return h('div', {class: 'comet-v2-result'},
    h('div', {class: 'comet-v2-result-icon'}, '✓'),
    h('div', {class: 'comet-v2-result-title'}, title),
    h('div', {class: 'comet-v2-result-subtitle'}, t('order_ID') + ' ' + orderId),
    h('a', {class: 'comet-v2-btn', href: hosts.www + '/p/order/detail.html?orderId=' + orderId}, t('view_order')));
}

function loadReasons(orderId) {
  return get('mtop.aliexpress.buyer.reverse.batch.initiateReverseRender', {tradeOrderId: orderId, scene: 'cancel', ...common()});
}
