// What came back for one order line.
'use strict';

run(t('refund_title'), async () => {
  const {module} = await post('mtop.aliexpress.buyer.reverse.reverseOrderLineRenderForBuyer', {reverseOrderLineId: '', reverseOrderId: '',
    tradeOrderId: query.get('tradeOrderId') || '', tradeOrderLineId: query.get('tradeOrderLineId') || '', terminalType: 'PC', shipTo: 'US'});
  const info = module.reverseFinishInfo?.refundInfo;
  const money = (m) => `${m.currency} ${m.amount}`;
  return h('div', {class: 'card refund-amount--page--1aBc2'},
    h('div', {class: 'reminder--statusStr--3dEf4'}, module.reverseDetailStatusText),
    h('div', {class: 'refund-amount--order--5gHi6'}, t('order_ID') + ' ', h('span', {'data-pl': 'refund_amount_order_id'}, String(module.tradeOrderId))),
    module.applyReason ? [
      h('div', {class: 'info-row'}, h('span', {class: 'info-label'}, t('dispute_reason')), h('span', {'data-pl': 'refund_apply_reason'}, module.applyReason.reasonName)),
      h('div', {class: 'info-row'}, h('span', {class: 'info-label'}, t('dispute_amount')), h('span', {}, money(module.applyAmount)))] : null,
    info ? [
      h('div', {class: 'newReverseRefundInfo--amount--7jKl8'}, money(info.refundDetails.cashMoney)),
      info.refundChannelDetails.map((c) => h('div', {class: 'info-row'}, h('span', {class: 'info-label'}, t('channel_' + c.channel)), h('span', {}, money(c.amount)))),
      h('div', {class: 'info-row'}, h('span', {class: 'info-label'}, info.refundNewestStatus === 'SUCCESS' ? t('refund_on') : t('refund_started')),
        h('span', {}, new Date(Number(info.refundNewestTime)).toLocaleDateString(locale.replace('_', '-'), {dateStyle: 'medium'}))),
    ] : module.applyReason ? null : h('p', {}, t('refund_none_line')));
});
