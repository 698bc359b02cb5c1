// The cancel form: on a page of its own or in a dialog over the order.
'use strict';

// cancelForm gives the form's element; done gets the caption of the end.
function cancelForm(module, done) {
  const orderId = String(module.tradeOrderId);
  let reason = null;
  const chosen = h('span', {class: 'comet-v2-select-value comet-v2-select-placeholder'}, 'Select here');
  const menu = h('div', {class: 'comet-v2-menu', role: 'listbox'});
  const select = onPress(h('div', {class: 'comet-v2-select comet-v2-select-show-arrow', role: 'combobox', tabindex: '0'}, chosen), 'select', orderId, () => {
    if (menu.childElementCount) return menu.replaceChildren();
    menu.replaceChildren(...module.reasonList.map((r) =>
      onPress(h('div', {class: 'comet-v2-menu-item', role: 'option'}, r.reasonText), 'reason', orderId, () => {
        reason = r;
        chosen.textContent = r.reasonText;
        chosen.classList.remove('comet-v2-select-placeholder');
        menu.replaceChildren();
        submit.disabled = false;
      })));
  });
  const submit = onPress(h('button', {type: 'button', class: 'comet-v2-btn comet-v2-btn-primary', 'data-pl': 'buyersubmit_btn_submit', disabled: true}, h('span', {}, 'Submit')),
    'submit', orderId, () => askOnce(orderId, reason, submit, done));
  return h('div', {class: 'refund-cancel--form--3kQzv'},
    h('div', {class: 'refund-cancel--order--1yTr0'}, 'Ref. Number ', h('span', {'data-pl': 'refund_cancel_order_id'}, orderId)),
    h('label', {class: 'refund-cancel--label--2wPq1'}, 'Why do you want to cancel?'),
    h('div', {class: 'comet-v2-select-wrap'}, select, menu),
    h('p', {class: 'refund-cancel--hint--0aFf2'}, 'The seller will be asked to agree. Once cancelled, the order cannot be brought back.'),
    submit);
}

// askOnce opens the confirm dialog and carries the request out.
function askOnce(orderId, reason, submit, done) {
  modal('Your order will be cancelled', h('p', {}, 'Reason: ' + reason.reasonText), [
    ['Cancel', 'dismiss', (_, close) => close()],
    ['Confirm', 'cancel', async (event, close) => {
      event.currentTarget.disabled = true;
      submit.disabled = true;
      try {
        const {module} = await operate('CANCEL_ORDER', orderId, event, {reasonCode: reason.reasonCode});
        close();
        if (module.result === 'PICKED_UP') return pickedUp(orderId);
        done(module.result === 'CLOSED' ? "You've canceled the order" : 'Your cancellation request has been submitted');
      } catch (err) {
        close();
        submit.disabled = false;
        toast(err instanceof CallError ? err.message : 'Network error, please try again');
      }
    }, true],
  ], orderId);
}

function pickedUp(orderId) {
  modal(' ', "Your order has been picked up by the courier company and can't be canceled at this time",
    [['OK', 'dismiss', () => { location.href = hosts.www + '/p/order/detail.html?orderId=' + orderId; }, true]], orderId);
}

function ending(title, orderId) {
  return h('div', {class: 'comet-v2-result'},
    h('div', {class: 'comet-v2-result-icon'}, '✓'),
    h('div', {class: 'comet-v2-result-title'}, title),
    h('div', {class: 'comet-v2-result-subtitle'}, 'Ref. Number ' + orderId),
    h('a', {class: 'comet-v2-btn', href: hosts.www + '/p/order/detail.html?orderId=' + orderId}, 'View order'));
}

function loadReasons(orderId) {
  return get('mtop.aliexpress.buyer.reverse.batch.initiateReverseRender', {tradeOrderId: orderId, scene: 'cancel', ...common()});
}
