// What was written about an order, and a field to write more.
'use strict';

const listAPI = 'mtop.aliexpress.im.message.list';
const sendAPI = 'mtop.aliexpress.im.message.send';

function bubble(m) {
  return h('div', {class: `im-message-item im-message-item-${m.from}`, 'data-from': m.from, 'data-id': m.messageId},
    h('div', {class: 'im-message-text'}, m.content), h('div', {class: 'im-message-time'}, m.timeText));
}

run(t('message_title'), async () => {
  const asked = {tradeOrderId: query.get('orderId') || '', ...common()};
  const {module} = await get(listAPI, asked);
  const orderId = String(module.tradeOrderId);
  const list = h('div', {class: 'im-message-list'});
  const show = (messages) => list.replaceChildren(...(messages.length ? messages.map(bubble) : [h('div', {class: 'im-message-empty'}, t('message_none'))]));
  show(module.messageList);
  const area = h('textarea', {class: 'im-message-input', 'data-pl': 'message_input', rows: '4', placeholder: t('message_hint')});
  const send = onPress(h('button', {type: 'button', class: 'comet-btn comet-btn-primary im-message-send', 'data-pl': 'message_send', disabled: true}, h('span', {}, t('message_send'))), 'send', orderId, async (event) => {
    send.disabled = true;
    try {
      await post(sendAPI, {tradeOrderId: orderId, content: text.value, isTrusted: event.isTrusted});
      text.value = '';
      show((await get(listAPI, {...asked, tradeOrderId: orderId})).module.messageList);
    } catch (err) {
      send.disabled = false;
      toast(err instanceof CallError ? err.message : t('error_network'));
    }
  });
  const text = typed(area, () => { send.disabled = !text.value.trim(); });
  return h('div', {class: 'card im-message-page'},
    h('h1', {}, h('a', {class: 'im-store-name', 'data-pl': 'message_store_name', href: module.storeUrl}, module.storeName)),
    h('div', {class: 'im-order-card'}, t('order_ID') + ' ', h('span', {'data-pl': 'message_order_id'}, orderId)),
    list, area, late(h('div', {class: 'im-message-buttons'}), send));
});
