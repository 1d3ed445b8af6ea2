/** What names of fields say of their values, as it shows where they are masked. */
import { expect, it } from 'vitest';
import { maskAddress, maskDeep, maskProperties } from './mask.ts';

it.each([
  'email',
  'Customer_E-Mail',
  'phone',
  'mobile_number',
  'user_name',
  'username',
  'handle',
  'ip',
  'client_ip',
  'ipAddress',
])('%s is masked whatever its value', (name) =>
  expect(maskProperties({ [name]: 'x' })).toEqual({ [name]: '[masked]' }),
);

it.each(['zip', 'tip', 'shipping', 'recipe', 'till', 'department'])('%s is kept', (name) =>
  expect(maskProperties({ [name]: '94110' })).toEqual({ [name]: '94110' }),
);

it.each([
  ...[
    'shopTel',
    'homeTel',
    'tel2',
    'TEL',
    'shop.tel',
    'clientIp2',
    'eMail',
    'eMailHash',
    'shop-tel',
    'tel-nr',
    'client-ip',
  ],
  ...[
    'ip-address',
    'customer tel',
    'my ip',
    'tel 2',
    'ip[]',
    'contact[tel]',
    'tel/fax',
    'tel(1)',
    '$ip',
    'tel12',
    'HomeTEL',
  ],
  ...[
    'customerTEL',
    'shopTEL2',
    'sourceIP',
    'clientIPv6',
    'ipv4',
    'IPaddr',
    'IPAddress',
    'clientip',
    'customerphone',
    'handles',
    'handlename',
    'handledata',
    'client_ips',
    'client_ip12',
    'convo_ip',
    'lenovo_ip',
    'tel_aviva',
    'clearphone',
    'overhead_phone',
    'contact1Tel',
    'line2tel',
    'shopTEL2b',
    'msisdn',
  ],
])('a property named %s is of somebody', (name) =>
  expect(maskProperties({ [name]: '415 555 2671' })).toEqual({ [name]: '[masked]' }),
);
it.each([
  ...[
    'hotel',
    'telling',
    'clip',
    'tip2',
    'hôtel',
    'IP67',
    'ip-rating',
    'VoIP',
    'tel-aviv',
    'tel_aviv',
    'HOTEL',
    'grandHotel',
  ],
  ...[
    'headphones',
    'headphone_jack',
    'microphone',
    'saxophone',
    'earphones',
    'automobile',
    'handler',
    'handled_by',
    'handlebar',
    'headPhones',
    'HeadPhone',
    'EarPhones',
    'micro-phone',
    'bluetoothheadphones',
    'noiseHeadphones',
    'HandleBar',
    'ip-class',
  ],
])('a property named %s is of nobody', (name) => expect(maskProperties({ [name]: '7' })).toEqual({ [name]: '7' }));
it.each(['shop-tel', 'tel-number', 'my+tel', 'contact[tel]', 'tel%5B%5D', '%74el', 'amp;tel'])(
  'a parameter named %s is of somebody',
  (name) => expect(maskAddress(`https://a.example/?${name}=4155552671`)).toBe(`https://a.example/?${name}=[masked]`),
);

it('what is only said to be so or not names nobody', () => {
  const flags = {
    mobile: 'true',
    is_mobile: '1',
    phone: '',
    has_phone: 'No',
    handle: 'x',
    user_name: 'no',
    user__name: 'no',
  };
  expect(maskProperties(flags)).toEqual({
    ...flags,
    handle: '[masked]',
    user_name: '[masked]',
    user__name: '[masked]',
  });
  expect(maskDeep({ mobile: true, phone: null, ip: 7, tel: 'false' })).toEqual({
    mobile: true,
    phone: null,
    ip: '[masked]',
    tel: 'false',
  });
});

it('what is absent is not told as something hidden', () => {
  const absent = { handle: null, user_email: null, username: false, user_name: '' };
  expect(maskDeep(absent)).toEqual(absent);
  const flags = { is_mobile_user: 'true', mobile_user: 'no', user_has_email: 'true', handle: '' };
  expect(maskProperties(flags)).toEqual(flags);
});

it.each([
  ...[
    'device_id',
    'deviceId',
    'device_ids',
    'idfa',
    'IDFV',
    'imei',
    'imsi',
    'gaid',
    'udid',
    'advertising_id',
    'androidId',
    'mac_address',
  ],
  ...['first_name', 'lastName', 'full_name', 'nickname', 'surname', 'given_name', 'customerName'],
  ...['WhatsAppNumber', 'fax', 'fax_no', 'faxNumber'],
])('a property named %s says who it is', (name) =>
  expect(maskProperties({ [name]: 'Jane 8c1f' })).toEqual({ [name]: '[masked]' }),
);
it.each([
  ...[
    'device',
    'device_type',
    'device_id_type',
    'android',
    'idfa_status',
    'whatsapp_shares',
    'share_whatsapp',
    'fax_pages',
  ],
  ...['product_name', 'campaign_full_name', 'event_full_name', 'name', 'filename', 'first_names_list'],
])('a property named %s says nothing of somebody', (name) =>
  expect(maskProperties({ [name]: 'Jane 8c1f' })).toEqual({ [name]: 'Jane 8c1f' }),
);

it('the version of an app is no address', () => {
  const versions = { app_version: '17.1.2.3', osVersion: '10.0.22.1', sdk_ver: '4.9.3.1', buildNo: '1.2.3.4' };
  expect(maskDeep(versions)).toEqual(versions);
  expect(maskProperties(versions)).toEqual(versions);
  expect(maskProperties({ nested: '{"appVersion":"1.2.3.4"}' })).toEqual({ nested: '{"appVersion":"1.2.3.4"}' });
  expect(maskProperties({ app_version: '1.0 at 203.0.113.9', server: '203.0.113.9' })).toEqual({
    app_version: '1.0 at [ip]',
    server: '[ip]',
  });
  for (const name of ['browser_address', 'app_host', 'build_host', 'sdk_remote_addr', 'app', 'v', 'conversion', 'os'])
    expect(maskProperties({ [name]: '203.0.113.9' })).toEqual({ [name]: '[ip]' });
  expect(maskAddress('https://a.example/?app_host=10.1.2.3')).toBe('https://a.example/?app_host=[masked]');
});
