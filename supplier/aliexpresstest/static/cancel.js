// The refund-cancel page on the mobile host.
'use strict';

run('Cancel order', async () => {
  const {module} = await loadReasons(query.get('tradeOrderId') || '');
  const box = h('div', {class: 'card refund-cancel--page--9sLm4'}, h('h1', {}, 'Cancel order'));
  box.append(cancelForm(module, (title) => box.replaceChildren(ending(title, String(module.tradeOrderId)))));
  return box;
});
