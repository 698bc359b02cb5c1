// Where the parcels are.
'use strict';

function parcel(p) {
  return h('div', {class: 'card'},
    h('div', {class: 'arrival-time-v2--title--2bXc7'}, `${t('tracking_delivery')}: ${p.etaInfo.etaTimeText}`),
    h('div', {class: 'logistic-info-v2--wrap--3pQd8'},
      h('span', {class: 'logistic-info-v2--carrierTitle--1hYt5'}, p.logisticsCarrierName),
      h('span', {class: 'logistic-info-v2--mailNoValue--0dKw6'}, p.mailNo)),
    h('div', {class: 'logistic-nodes--list--8vNa1'}, p.detailList.map((n, i) =>
      h('div', {class: 'logistic-nodes--node--5rTe3' + (i === 0 ? ' newest' : '')},
        h('div', {class: 'logistic-nodes--title--4uSz9'}, n.trackingName),
        h('div', {class: 'logistic-nodes--desc--6iOb2'}, n.trackingDetailDesc),
        h('div', {class: 'logistic-nodes--time--7cVx0'}, n.timeText)))));
}

run(t('tracking_title'), async () => {
  const {module} = await get('mtop.ae.ld.querydetail', {tradeOrderId: query.get('tradeOrderId') || '', tradeOrderLineId: '',
    terminalType: 'PC', needPageDisplayInfo: true, ...common()});
  const list = module?.trackingDetailLineList || [];
  if (!list.length) return h('div', {class: 'card tracking-empty'}, t('tracking_none'));
  return list.map(parcel);
});
