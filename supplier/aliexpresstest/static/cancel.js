// The refund-cancel page on the mobile host.
'use strict';

run(t('form_title'), async () => {
  const {module} = await loadReasons(query.get('tradeOrderId') || '');
  const box = h('div', {class: 'card refund-cancel--page--9sLm4'}, h('h1', {}, t('form_title')));
  box.append(cancelForm(module, (title) => box.replaceChildren(ending(title, String(module.tradeOrderId)))));
  return box;
});
