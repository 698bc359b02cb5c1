// The dispute form of one order line: has it come, why, how much, then a look
// at it all and Submit.
'use strict';

const submitAPI = 'mtop.aliexpress.buyer.reverse.batch.submitReverse';

// question asks whether the parcel has come.
function question(module, answered) {
  const orderId = String(module.tradeOrderId);
  const answer = (caption, name, received) => onPress(
    h('button', {type: 'button', class: 'comet-v2-btn', 'data-pl': 'reverse_received_' + name}, h('span', {}, caption)), 'received', orderId, () => answered(received));
  return h('div', {class: 'reverse-start--question--2nBv8'}, h('h2', {}, t('dispute_received')),
    h('div', {class: 'reverse-start--buttons--9xCz1'}, answer(t('yes'), 'yes', true), answer(t('no'), 'no', false)));
}

// thumb shows a file that was chosen.
function thumb(file) {
  return h('div', {class: 'upload--imageContainer--4rTy6'},
    h('div', {class: 'upload--imageThumb--8uIo2', style: `background-image: url("${URL.createObjectURL(file)}")`, title: file.name}));
}

// form is the claim as it is being written; claim keeps it across the steps.
function form(module, claim, next) {
  const orderId = String(module.tradeOrderId);
  const list = claim.received ? module.reasonListForReceived : module.reasonList;
  const proceed = onPress(h('button', {type: 'button', class: 'comet-v2-btn comet-v2-btn-primary', 'data-pl': 'reverse_next_step', disabled: true}, h('span', {}, t('dispute_next'))),
    'next', orderId, () => next({...claim, description: text.value, amount: amount.value}));
  const check = () => { proceed.disabled = !(claim.reason && text.value.trim() && Number(amount.value) > 0); };
  const textarea = h('textarea', {class: 'commet--textarea--Sg0xapL', 'data-pl': 'reverse_textarea', rows: '4', placeholder: t('dispute_text')});
  const amountInput = h('input', {type: 'text', inputmode: 'decimal', 'data-pl': 'reverse_amount', value: module.maxRefund.amount});
  const fileInput = h('input', {type: 'file', multiple: true, accept: 'image/*,video/*', 'data-pl': 'reverse_file'});
  const text = typed(textarea, check);
  const amount = typed(amountInput, check);
  const thumbs = h('div', {class: 'upload--list--3eWq5'});
  fileInput.addEventListener('change', () => {
    claim.fileNames = [...fileInput.files].map((f) => f.name);
    thumbs.replaceChildren(...[...fileInput.files].map(thumb));
  });
  return h('div', {class: 'reverse-start--form--6mNb3'},
    h('label', {}, t('dispute_reason')), picker(list, orderId, (r) => { claim.reason = r; check(); }),
    h('label', {}, t('dispute_text')), textarea,
    h('label', {}, `${t('dispute_amount')} (${module.maxRefund.currency})`), amountInput,
    h('label', {}, t('dispute_files')), fileInput, thumbs,
    late(h('div', {class: 'reverse-start--buttons--9xCz1'}), proceed));
}

// review shows the claim before it is sent.
function review(module, claim, back, done) {
  const orderId = String(module.tradeOrderId);
  const row = (label, pl, value) => h('div', {class: 'info-row'}, h('span', {class: 'info-label'}, label), h('span', {'data-pl': pl}, value));
  const submit = onPress(h('button', {type: 'button', class: 'comet-v2-btn comet-v2-btn-primary', 'data-pl': 'buyersubmit_btn_submit'}, h('span', {}, t('submit'))), 'submit', orderId, () =>
    modal(t('dispute_confirm'), h('p', {}, `${claim.reason.reasonText}: ${module.maxRefund.currency} ${claim.amount}`), [
      [t('cancel'), 'dismiss', (_, close) => close()],
      [t('confirm'), 'dispute', async (event, close) => {
        event.currentTarget.disabled = submit.disabled = true;
        const data = {tradeOrderId: orderId, tradeOrderLineId: String(module.tradeOrderLineId), received: claim.received, reasonCode: claim.reason.reasonCode,
          amount: claim.amount, currency: module.maxRefund.currency, description: claim.description, fileNames: claim.fileNames, isTrusted: event.isTrusted};
        try {
          await post(submitAPI, data);
          close();
          done();
        } catch (err) {
          close();
          submit.disabled = false;
          toast(err instanceof CallError ? err.message : t('error_network'));
        }
      }, true],
    ], orderId));
  return h('div', {class: 'reverse-start--review--1qAz7'},
    row(t('dispute_received'), 'reverse_review_received', t(claim.received ? 'yes' : 'no')),
    row(t('dispute_reason'), 'reverse_review_reason', claim.reason.reasonText), row(t('dispute_text'), 'reverse_review_text', claim.description),
    row(t('dispute_amount'), 'reverse_review_amount', `${module.maxRefund.currency} ${claim.amount}`),
    row(t('dispute_files'), 'reverse_review_files', claim.fileNames.join(', ') || '-'),
    late(h('div', {class: 'reverse-start--buttons--9xCz1'}),
      onPress(h('button', {type: 'button', class: 'comet-v2-btn'}, h('span', {}, t('dispute_back'))), 'back', orderId, back), submit));
}

run(t('dispute_title'), async () => {
  const orderId = query.get('orderId') || query.get('tradeOrderId') || '';
  const {module} = await get('mtop.aliexpress.buyer.reverse.batch.initiateReverseRender',
    {tradeOrderId: orderId, tradeOrderLineId: query.get('tradeOrderLineId') || '', scene: 'dispute', ...common()});
  const step = h('div', {class: 'reverse-start--step--5tGb0'});
  const end = () => step.replaceChildren(ending(t('dispute_done'), String(module.tradeOrderId)));
  const write = (claim) => step.replaceChildren(form(module, claim, (full) => step.replaceChildren(review(module, full, () => write({...full, reason: null}), end))));
  const start = (received) => write({received, reason: null, fileNames: []});
  if (query.has('received')) start(query.get('received') === '1');
  else step.append(question(module, start));
  return h('div', {class: 'card reverse-start--page--7yHn4'}, h('h1', {}, t('dispute_title')),
    h('div', {class: 'reverse-start--order--0oKm9'}, t('order_ID') + ' ', h('span', {'data-pl': 'reverse_order_id'}, String(module.tradeOrderId)), ' · ',
      h('span', {'data-pl': 'reverse_line_id'}, String(module.tradeOrderLineId))),
    h('div', {class: 'reverse-start--item--3sWx6'}, module.itemTitle), step);
});
