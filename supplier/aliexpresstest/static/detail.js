// One order.
'use strict';

const detailAPI = 'mtop.aliexpress.trade.buyer.order.detail';

function press(b, order, i18n, event) {
  switch (b.type) {
    case 'CANCEL_ORDER': return cancel(order, event);
    case 'CONFIRM_GOODS': return confirmReceived(order.id, i18n, () => location.reload());
    case 'OPEN_DISPUTE': return dispute(b, order);
    case 'TRACKING':
    case 'CANCEL_POLICY': location.href = b.href; return undefined;
    case 'REPURCHASE_LINE': return pressOperation('REPURCHASE', order.id, event);
    default: return pressOperation(b.type, order.id, event, () => location.reload());
  }
}

function buttons(list, order, i18n) {
  return list.map((b) => onPress(h('button', {type: 'button', class: 'comet-btn' + (b.displayType === 'primary' ? ' comet-btn-primary' : '')},
    h('span', {}, b.text)), b.type, order.id, (event) => press(b, order, i18n, event)));
}

async function cancel(order, event) {
  const form = hosts.mobile + '/p/refund-cancel/index.html?tradeOrderId=' + order.id;
  const end = (title) => modal(' ', ending(title, order.id), [], order.id);
  spring('opening');
  if (order.checks) await post('mtop.aliexpress.trade.buyer.order.eligibility', {tradeOrderId: order.id});
  switch (order.layout) {
    case 'dialog': return cancelDialog(order, end);
    case 'instant': return askFirst(order.id, null, null, end);
    case 'bare': return sprung(pressOperation('CANCEL_ORDER', order.id, event));
    case 'othercall': return sprung(post('mtop.aliexpress.trade.buyer.order.cancel', {tradeOrderId: order.id, operation: 'CANCEL_ORDER', isTrusted: event.isTrusted}));
    case 'dispute': location.href = `${hosts.www}/p/reverse-pages/start.html?tradeOrderId=${order.id}&tradeOrderLineId=${order.line}&received=0`; return undefined;
    case 'newtab': window.open(form, '_blank'); return undefined;
    default: location.href = form; return undefined;
  }
}

// sprung: the press that asks was made, without a form.
function sprung(asked) {
  spring('confirming');
  return asked;
}

async function cancelDialog(order, end) {
  try {
    const {module} = await loadReasons(order.id);
    const body = h('div', {});
    const close = modal(t('form_title'), body, [], order.id);
    body.append(cancelForm(module, (title) => {
      close();
      end(title);
    }));
  } catch (err) { toast(err.message); }
}

function dispute(b, order) {
  const open = (button) => [button.text, 'dispute', (_, close) => { close(); window.open(button.href, '_blank'); }];
  modal(b.extMap.title, '', [open(b.extMap.cancelButton), open(b.extMap.okButton)], order.id);
}

function countdown(until) {
  const left = Math.max(0, until - (window.siteNow || Date.now()));
  const hours = Math.floor(left / 3600000);
  return h('div', {class: 'order-block-countdown'}, t('countdown_before') + ' ', h('b', {}, `${Math.floor(hours / 24)} d ${hours % 24} h`), ' ' + t('countdown_after'));
}

function statusCard(status, order, i18n) {
  const all = buttons(status.buttonVOList, order, i18n);
  const at = (type) => all[status.buttonVOList.findIndex((b) => b.type === type)];
  swapOnHover(at('CANCEL_ORDER'), at('EXTEND_PROCESSING'));
  return h('div', {class: 'card order-status'},
    h('div', {class: 'order-block-title'}, status.title),
    h('div', {class: 'order-block-reminder'}, status.reminder || ''),
    status.countDownEndTime ? countdown(Number(status.countDownEndTime)) : null,
    stage.decoys ? h('a', {class: 'order-block-policy', href: hosts.www + '/p/help/cancellation.html'}, t('button_policy')) : null,
    late(h('div', {class: 'order-block-btns'}), ...all));
}

function infoCard(info) {
  const row = (label, value, pl) => value ? h('div', {class: 'info-row'}, h('span', {class: 'info-label'}, label), h('span', {'data-pl': pl}, value)) : null;
  const a = info.addressVO;
  return h('div', {class: 'card order-detail-info'},
    h('div', {class: 'order-detail-info-item contact-info'}, h('h3', {}, t('address')),
      h('div', {}, a.contactName), h('div', {}, a.detailAddress), h('div', {}, `${a.regionAddress}, ${a.postCode}`)),
    h('div', {class: 'order-detail-info-item order-detail-order-info'}, h('h3', {}, t('order')),
      h('div', {class: 'order-detail-info-content'},
        row(info.orderIdTitle, String(info.tradeOrderId), 'order_detail_gray_id'),
        row(info.orderCreatTimeTile, info.orderCreatTime, 'order_detail_gray_date'),
        row(info.payTimeTitle, info.payTime), row(info.orderShipTimeTile, info.orderShipTime),
        row(info.orderEndTimeTile, info.orderEndTime), row(info.paymentMethodTitle, info.paymentMethod))));
}

function productCard(product, order, i18n) {
  return h('div', {class: 'card order-detail-item'},
    h('div', {class: 'order-detail-item-store'}, h('a', {class: 'store-name', href: product.sellerVO.storeUrl}, product.sellerVO.sellerName),
      h('a', {class: 'store-connect', href: product.sellerVO.connectUrl}, i18n.connect_seller)),
    product.productVOList.map((l) => h('div', {class: 'order-detail-item-content'},
      h('div', {class: 'order-item-content-img', style: `background-image: url("${l.itemImgUrl}")`}),
      h('div', {class: 'order-detail-item-text'},
        h('div', {class: 'item-title'}, h('a', {href: l.itemDetailUrl}, l.itemTitle)),
        h('div', {class: 'item-sku-attr'}, l.skuAttrs.map((x) => `${x.name}: ${x.text}`).join(', ')),
        h('div', {class: 'item-price'}, l.itemPriceText, ' ', h('span', {class: 'item-price-quantity'}, 'x' + l.quantity))),
      h('div', {class: 'order-detail-item-btns'}, buttons(l.buttonVOS, order, i18n)))));
}

function priceCard(price) {
  const row = (cls, x) => h('div', {class: 'order-price-item' + cls}, h('span', {class: 'left-col'}, x.title), h('span', {class: 'right-col rightPriceClass'}, x.value));
  return h('div', {class: 'card order-price'}, price.priceDetails.map((x) => row('', x)), row(' order-price-total', price.totalPrice));
}

run(t('detail_title'), async () => {
  const data = await get(detailAPI, {tradeOrderId: query.get('orderId') || '', ...common()});
  if (!data.data) return h('div', {class: 'order-detail-empty'});
  window.siteNow = Number(data.global.curTime);
  const [i18n] = Object.values(data.data).filter((c) => c.tag === 'detail_root_container').map((c) => c.fields.i18n);
  const one = (tag, make) => blocks(data, tag).slice(0, 1).map(make);
  const [status] = blocks(data, 'detail_order_status_block');
  if (!status) return h('div', {class: 'order-detail-empty'});
  const order = {id: String(status.orderId), layout: status.cancelLayout, checks: status.cancelChecks, line: String(one('detail_product_block', (f) => f.productVOList[0].orderLineId))};
  return h('div', {class: 'order-detail'},
    statusCard(status, order, i18n),
    one('detail_simple_order_info_component', infoCard),
    one('detail_product_block', (f) => productCard(f, order, i18n)),
    one('detail_order_price_block', priceCard));
});
