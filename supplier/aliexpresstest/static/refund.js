// What came back for one order line.
'use strict';

const channels = {CARD: 'Original card', BALANCE: 'AliExpress balance', BONUS: 'AliExpress bonus'};

run('Refund', async () => {
  const {module} = await post('mtop.aliexpress.buyer.reverse.reverseOrderLineRenderForBuyer', {reverseOrderLineId: '', reverseOrderId: '',
    tradeOrderId: query.get('tradeOrderId') || '', tradeOrderLineId: query.get('tradeOrderLineId') || '', terminalType: 'PC', shipTo: 'US'});
  const info = module.reverseFinishInfo?.refundInfo;
  const money = (m) => `${m.currency} ${m.amount}`;
  return h('div', {class: 'card refund-amount--page--1aBc2'},
    h('div', {class: 'reminder--statusStr--3dEf4'}, module.reverseDetailStatusText),
    h('div', {class: 'refund-amount--order--5gHi6'}, 'Ref. Number ', h('span', {'data-pl': 'refund_amount_order_id'}, String(module.tradeOrderId))),
    info ? [
      h('div', {class: 'newReverseRefundInfo--amount--7jKl8'}, money(info.refundDetails.cashMoney)),
      info.refundChannelDetails.map((c) => h('div', {class: 'info-row'}, h('span', {class: 'info-label'}, channels[c.channel] || c.channel), h('span', {}, money(c.amount)))),
      h('div', {class: 'info-row'}, h('span', {class: 'info-label'}, info.refundNewestStatus === 'SUCCESS' ? 'Refunded on' : 'Started on'),
        h('span', {}, new Date(Number(info.refundNewestTime)).toLocaleDateString('en-US', {dateStyle: 'medium'}))),
    ] : h('p', {}, 'Nothing has been refunded for this item.'));
});
