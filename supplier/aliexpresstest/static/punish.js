// The punish page: a slider that cannot be moved.
'use strict';

root.append(h('div', {class: 'nc-container', id: 'nc_1_wrapper'},
  h('p', {}, 'Please slide to verify that you are not a robot'),
  h('div', {class: 'nc-scale', id: 'nc_1_n1t'}, h('span', {class: 'nc-button', id: 'nc_1_n1z'}, '»'), 'Please slide to verify'),
  h('p', {class: 'nc-feedback'}, 'Click to feedback >')));
