// The sign-in form: first the name, then the password; anything will do.
'use strict';

const back = query.get('return_url') || '';
const field = (attrs) => h('div', {class: 'login-field'}, h('input', {placeholder: attrs.label, ...attrs}));
const name = field({label: 'Email or phone number', type: 'text', autocomplete: 'username'});
const password = field({id: 'fm-login-password', label: 'Password', name: 'password', type: 'password'});
const form = h('form', {method: 'post', action: '/signin', class: 'login-form'},
  h('input', {type: 'hidden', name: 'return_url', value: back}));

const signIn = onPress(h('button', {type: 'button', class: 'comet-btn comet-btn-primary comet-btn-block'}, h('span', {}, t('sign_in'))), 'sign_in', '', () => form.submit());
const proceed = onPress(h('button', {type: 'button', class: 'comet-btn comet-btn-primary comet-btn-block', 'aria-label': 'Continue'}, h('span', {}, 'Continue')), 'continue', '', () => {
  proceed.remove();
  form.append(password, signIn);
});
form.addEventListener('submit', (event) => event.preventDefault());
form.append(name, proceed);
if (stage.savedPassword) setTimeout(() => form.submit(), 1500);
root.append(h('main', {class: 'site-main login'}, h('div', {class: 'card login-card'},
  h('div', {class: 'site-logo'}, 'AliExpress', h('small', {}, 'loopback')), h('h1', {}, t('sign_in')), form)));
