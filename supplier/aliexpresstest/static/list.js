// My orders: the first page by script call, further ones by POST.
'use strict';

const listAPI = 'mtop.aliexpress.trade.buyer.order.list';
const isTrue = (v) => String(v) === 'true';

function request(tab, page, linkage) {
  return {statusTab: tab, renderType: 'init', ...common(), ...(page > 1 ? {pageIndex: page, linkage} : {})};
}

function actions(order, i18n) {
  return order.buttons.map((b) => {
    const cls = 'comet-btn comet-btn-block order-item-btn' + (b.displayType === 'primary' ? ' comet-btn-primary' : '');
    if (b.href) return h('a', {class: cls, href: b.href}, h('span', {}, b.text));
    return onPress(h('button', {type: 'button', class: cls}, h('span', {}, b.text)), b.type, order.orderId, (event) => {
      if (b.type === 'CONFIRM_GOODS') return confirmReceived(order.orderId, i18n, () => location.reload());
      return pressOperation(b.type, order.orderId, event, b.type === 'REPURCHASE' ? null : () => location.reload());
    });
  });
}

function items(order) {
  const lines = order.orderLines;
  if (lines.length > 1) {
    return h('div', {class: 'order-item-content-body'}, h('div', {class: 'order-item-content-img-list'},
      lines.map((l) => h('div', {class: 'order-item-content-img', style: `background-image: url("${l.itemImgUrl}")`})),
      h('span', {class: 'order-item-content-more'}, `${lines.length} ${order.moreItemText || t('list_items')}`)));
  }
  const [l] = lines;
  return h('div', {class: 'order-item-content-body'},
    h('div', {class: 'order-item-content-img', style: `background-image: url("${l.itemImgUrl}")`}),
    h('div', {class: 'order-item-content-info'},
      h('div', {class: 'order-item-content-info-name', 'data-pl': 'order_item_content_info_name'}, h('span', {title: l.itemTitle}, l.itemTitle)),
      h('div', {class: 'order-item-content-info-sku'}, l.skuAttrs.map((a) => a.text).join(' / ') || '-'),
      h('div', {class: 'order-item-content-info-number'}, l.itemPriceText, ' ',
        h('span', {class: 'order-item-content-info-number-quantity'}, 'x' + l.quantity))));
}

// mobileCard is the narrow layout: the whole card is the link.
function mobileCard(order, i18n) {
  return h('a', {class: 'order-item order-item-mobile', href: order.orderDetailUrl},
    h('div', {class: 'order-item-header'}, h('span', {class: 'order-item-store-name'}, order.storeName),
      h('div', {class: 'order-item-header-status', 'data-pl': 'order_item_header_status'},
        h('span', {class: 'order-item-header-status-text'}, order.statusText))),
    h('div', {class: 'order-item-content'}, items(order)),
    h('div', {class: 'order-item-mobile-foot'}, h('span', {}, `${i18n.order_ID}: ${order.orderId}`), h('span', {}, order.orderDateText),
      h('span', {class: 'order-item-content-opt-price-total', 'data-pl': 'order_item_content_price_total'}, h('span', {class: 'notranslate'}, order.totalPriceText))));
}

function card(order, i18n) {
  if (stage.mobileCards) return mobileCard(order, i18n);
  const strip = order.exposeInfo?.itemList?.[0]?.detailList?.[0]?.title;
  return h('div', {class: 'order-item'},
    h('div', {class: 'order-item-header'},
      h('div', {class: 'order-item-header-status', 'data-pl': 'order_item_header_status'},
        h('span', {class: 'order-item-header-status-text'}, order.statusText)),
      h('div', {class: 'order-item-header-right'},
        h('div', {class: 'order-item-header-right-info', 'data-pl': 'order_item_header_info'},
          h('div', {}, `${order.orderDateTitle}: ${order.orderDateText}`),
          h('div', {}, `${i18n.order_ID}: ${order.orderId} `, h('span', {class: 'order-item-header-right-copy'}, i18n.copy))),
        h('span', {class: 'order-item-header-line'}),
        h('a', {'data-pl': 'order_item_header_detail', href: order.orderDetailUrl, target: '_blank'}, h('span', {}, order.orderDetailText)))),
    h('div', {class: 'order-item-store'}, h('span', {class: 'order-item-store-name', 'data-pl': 'order_item_store_name'},
      h('a', {href: order.storePageUrl}, order.storeName))),
    h('div', {class: 'order-item-content'}, items(order),
      h('div', {class: 'order-item-content-opt'},
        h('div', {class: 'order-item-content-opt-price'}, h('span', {class: 'order-item-content-opt-price-total', 'data-pl': 'order_item_content_price_total'},
          h('span', {}, order.totalPriceTitle + ': '), h('span', {class: 'notranslate'}, order.totalPriceText))),
        h('div', {class: 'order-item-btns-wrap'}, h('div', {class: 'order-item-btns'}, actions(order, i18n))))),
    strip ? h('div', {class: 'order-item-bottom-action'}, h('div', {class: 'expose-info'}, h('span', {class: 'expose-info-item-title'}, strip))) : null);
}

async function show(tab) {
  let data = await jsonp(listAPI, request(tab, 1));
  if (!data.data) return h('div', {class: 'order-content'}, h('div', {class: 'order-empty'}, t('list_empty')));
  const [page] = Object.values(data.data).filter((c) => c.tag === 'pc_om_list_page').map((c) => c.fields);
  const [head] = blocks(data, 'pc_om_list_header');
  let [body] = blocks(data, 'pc_om_list_body');
  const cards = h('div', {class: 'comet-checkbox-group'}, blocks(data, 'pc_om_list_order').map((o) => card(o, page.i18n)));
  const tabs = h('div', {class: 'comet-tabs-nav', role: 'tablist'}, head.statusTabList.map((t) =>
    onPress(h('div', {class: 'comet-tabs-nav-item' + (t.code === tab ? ' comet-tabs-nav-item-active' : ''), role: 'tab'}, t.title),
      'tab', '', async () => content.replaceWith(await show(t.code)))));
  const more = h('div', {class: 'order-more', 'data-pl': 'order_more'});
  const button = onPress(h('button', {type: 'button', class: 'comet-btn comet-btn-large comet-btn-borderless'}, h('span', {}, body.hasMoreText)), 'more', '', async () => {
    button.disabled = true;
    try {
      data = await post(listAPI, request(tab, Number(body.pageIndex) + 1, data.linkage));
      [body] = blocks(data, 'pc_om_list_body');
      cards.append(...blocks(data, 'pc_om_list_order').map((o) => card(o, page.i18n)));
      if (!isTrue(body.hasMore)) more.remove();
    } catch (err) { toast(err.message); }
    button.disabled = false;
  });
  more.append(button);
  const empty = cards.childElementCount ? null : h('div', {class: 'order-empty'}, t('list_empty'));
  const content = h('div', {class: 'order-main'}, h('h1', {}, head.pageTitle), tabs,
    h('div', {class: 'order-content'}, empty, cards, isTrue(body.hasMore) ? more : null));
  return content;
}

run(t('list_title'), () => show('all'));
