// Returns and refunds: pressing the button opens a dispute.
'use strict';

run('Returns and refunds', async () => {
  const orderId = query.get('tradeOrderId') || '';
  const box = h('div', {class: 'card'}, h('h1', {}, 'Open a dispute'),
    h('div', {}, 'Ref. Number ', h('span', {}, orderId)),
    h('p', {}, query.get('received') === '1' ? 'You have received the parcel.' : 'You have not received the parcel.'));
  box.append(onPress(h('button', {type: 'button', class: 'comet-v2-btn comet-v2-btn-primary', 'data-pl': 'buyersubmit_btn_submit'}, h('span', {}, 'Submit')), 'open_dispute', orderId,
    (event) => pressOperation('OPEN_DISPUTE', orderId, event, () => box.replaceChildren(ending('Your dispute has been submitted', orderId)))));
  return box;
});
