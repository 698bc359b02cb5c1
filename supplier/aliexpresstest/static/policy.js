// Where a link leads that only sounds like cancelling.
'use strict';

run(t('button_policy'), async () => h('div', {class: 'card'}, h('h1', {}, t('button_policy')), h('p', {}, t('policy_text'))));
