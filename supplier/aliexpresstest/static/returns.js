// The list of returns and refunds.
'use strict';

const returnsAPI = 'mtop.aliexpress.buyer.reverse.queryReverseOrderPageListForBuyer';
const perPage = 10;

function entry(r) {
  return h('div', {class: 'card orderItem--orderItem--2kLp5', 'data-order': r.tradeOrderId, 'data-line': r.tradeOrderLineId},
    h('div', {class: 'orderItem--orderStore--7hGf3'}, r.storeName),
    h('div', {class: 'orderItem--orderSKUTitle--4dSa8'}, r.itemTitle),
    h('div', {class: 'orderItem--orderSKUId--1zXc6'}, `${t('order_ID')}: ${r.tradeOrderId}`),
    h('div', {class: 'newReverseRefundInfo--amount--7jKl8'}, `${r.refundAmount.currency} ${r.refundAmount.amount}`),
    h('div', {class: 'orderItem--orderStatusDesc--9vBn0'}, r.reverseStatusText),
    h('div', {class: 'orderItem--orderStatusActions--5mQw2'},
      h('a', {class: 'comet-v2-btn orderItem--orderStatusAction--3eRt4', href: r.detailUrl}, t('returns_details')),
      h('a', {class: 'comet-v2-btn orderItem--orderStatusAction--3eRt4', href: r.sellerConnectUrl}, t('connect_seller'))));
}

function pager(page, total, go) {
  const last = Math.max(1, Math.ceil(total / perPage));
  const button = (cls, caption, to) => onPress(h('button', {type: 'button', class: 'comet-v2-btn next-pagination-item ' + cls, disabled: to < 1 || to > last}, caption), 'page', '', () => go(to));
  return h('div', {class: 'next-pagination'}, button('next-prev', t('previous'), page - 1),
    h('span', {class: 'next-pagination-item next-current'}, String(page)), button('next-next', t('next'), page + 1));
}

async function pageOf(page) {
  const {module} = await post(returnsAPI, {pageNo: page, size: perPage, sortOrder: 'DESC', reverseStatus: 1, shopName: '', tradeOrderId: query.get('tradeOrderId') || '', shipTo: 'US'});
  const lines = module?.reverseOrderLines || [];
  const box = h('div', {class: 'orderList--list--6yUj1'}, h('h1', {}, t('returns_title')));
  if (!lines.length) box.append(h('div', {class: 'order-empty'}, t('returns_none')));
  box.append(...lines.map(entry), pager(page, Number(module?.totalCount || 0), async (to) => box.replaceWith(await pageOf(to))));
  return box;
}

run(t('returns_title'), () => pageOf(1));
