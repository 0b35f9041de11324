// Facts: what each kind of checkpoint must say. Strict shapes of codes, numbers and marks; free text stands nowhere in the
// ledger. Names, phones, addresses and declarations travel beside the facts (Personal) and enter it as commitments only.

import * as z from 'zod';
import { UUID7 } from '../base/id.ts';
import { Instant, Kt1Service } from './service.ts';
import { SIGN_CODES } from './sign.ts';

export const OfficeCode = z.string().regex(/^[0-9A-Z]{6}$/).meta({ description: 'Mã bưu cục, 6 characters', example: '243100' });
export const PostalCode = z.string().regex(/^[0-9]{5}$/).meta({ description: 'Mã bưu chính, 5 digits', example: '25000' });
export const BodyCode = z.string().regex(/^[A-Z0-9-]{3,20}$/).meta({ example: 'LS-TU' });
export const UnitCode = z.string().regex(/^[A-Z0-9-]{6,35}$/).meta({ description: 'Number on the label', example: 'BK473124829VN' });
export const ReasonCode = z.string().regex(/^[a-z0-9_]{2,40}$/);
export const SealNo = z.string().regex(/^[A-Z0-9-]{3,24}$/);
export const Uuid7 = z.string().regex(UUID7).meta({ format: 'uuid', description: 'UUIDv7 made by the client' });
const CardNo = z.string().regex(/^[A-Z0-9-]{4,24}$/);
/** Number and symbol of a document, e.g. 12/QĐ-CAT: capitals, digits and marks, no words. */
const PaperNo = z.string().regex(/^[0-9\p{Lu}/.-]{1,40}$/u);
export const EquipmentNo = z.string().regex(/^[0-9A-Z./-]{2,40}$/);
export const AgencyCode = z.string().regex(/^[A-Z0-9-]{2,20}$/);
const Weight = z.int().min(1).max(500_000).meta({ description: 'grams' });
const Side = z.int().min(1).max(5000).meta({ description: 'millimetres' });
export const Condition = z.enum(['intact', 'wrinkled', 'stained', 'wet', 'torn', 'resealed']);
export const GoodsClass = z.enum([
  'documents', 'clothing', 'food', 'electronics', 'household', 'books', 'cosmetics', 'machine_parts', 'plants', 'other',
]);
const ConditionalGoods = z.enum(['trade_goods', 'specialised_management', 'liquid', 'powder', 'perishable', 'battery']);

/** What was seen outside, or of how it was handed in. */
const signs = z.array(z.enum(SIGN_CODES)).max(8).refine((list) => new Set(list).size === list.length).optional();

const measured = {
  signs,
  weight_g: Weight,
  length_mm: Side.optional(),
  width_mm: Side.optional(),
  height_mm: Side.optional(),
  condition: Condition,
};

/** Outside check of a KT1 item: nothing here tells what is inside. */
export const Checklist = z.strictObject({
  kt1_stamp: z.boolean(),
  envelope_layers: z.int().min(1).max(3),
  outer_mark: z.enum(['NONE', 'A', 'B', 'C']),
  secrecy_words_outside: z.boolean(),
  opaque_and_intact: z.boolean(),
  sealed: z.boolean(),
  personal_mark: z.boolean(),
});

const Kt1Sender = z.union([
  z.strictObject({ body_code: BodyCode, card_no: CardNo }),
  z.strictObject({ body_code: BodyCode.optional(), override_reason_code: ReasonCode }),
]);

const Kt1Addressee = z.union([
  z.strictObject({ body_code: BodyCode }),
  z.strictObject({ postal_code: PostalCode, destination_office_code: OfficeCode }),
]);

export const AcceptedKt1 = z.strictObject({
  service: Kt1Service,
  checklist: Checklist,
  sender: Kt1Sender,
  addressee: Kt1Addressee,
  ...measured,
});

export const AcceptedOrdinary = z.strictObject({
  service: z.strictObject({ service_class: z.enum(['letter', 'parcel', 'printed_matter']), scope: z.enum(['INTRA', 'INTER']) }),
  sender_identified_by: z.enum(['identity_card', 'passport', 'electronic_identity', 'known_customer', 'business_licence']),
  addressee_postal_code: PostalCode,
  destination_office_code: OfficeCode.optional(),
  joint_check: z.enum(['done', 'refused', 'not_applicable']),
  article_12_declared: z.literal(true).meta({ description: 'The sender declares that nothing banned is inside' }),
  goods_class: GoodsClass,
  conditional_goods: z.array(z.strictObject({ goods_class: ConditionalGoods, paper_nos: z.array(PaperNo).max(5) })).max(5).optional(),
  ...measured,
});

const line = (max: number) => z.string().min(1).max(max);
const Party = z.strictObject({
  name: line(120),
  phone: z.string().regex(/^\+?[0-9]{8,15}$/).optional(),
  address: line(240),
});
/** Personal particulars of an ordinary item; there is no such thing for KT1. */
export const Personal = z.strictObject({
  sender: Party.required({ phone: true }),
  addressee: Party,
  declaration: z.strictObject({ contents: line(240) }),
});
export type Personal = z.infer<typeof Personal>;

const nothing = z.strictObject({});
const bag = { bag_code: UnitCode };
const seals = z.array(SealNo).min(1).max(8);
const ToParty = z.strictObject({
  kind: z.enum(['person', 'courier', 'vehicle', 'agency', 'addressee', 'sender']),
  ref: z.string().regex(/^[0-9A-Za-z-]{1,40}$/),
});
/** A decision to open, as it was recorded beforehand (legal_basis). Without the procuracy's approval it says why it could not wait. */
export const LegalBasis = z.strictObject({
  basis_id: Uuid7,
  act_code: ReasonCode.meta({ description: 'Legal act of the catalogue' }),
  agency_code: AgencyCode,
  decision_no: PaperNo,
  signer_card_no: CardNo,
  procuracy_approval_no: PaperNo.optional(),
  urgency_reason_code: ReasonCode.optional(),
});
const approvedOrUrgent = (basis: z.infer<typeof LegalBasis>): boolean => basis.procuracy_approval_no !== undefined || basis.urgency_reason_code !== undefined;

export const FACTS = {
  accepted: z.union([AcceptedKt1, AcceptedOrdinary]),
  acceptance_refused: z.strictObject({ service_class: z.enum(['kt1', 'letter', 'parcel', 'printed_matter']), reason_code: ReasonCode }),
  approved: nothing,
  approval_refused: z.strictObject({ reason_code: ReasonCode }),
  seen: nothing,
  label_printed: z.strictObject({ size: z.enum(['80x50', '100x150']), reason_code: ReasonCode.optional() }),
  reweighed: z.strictObject({ weight_g: Weight }),
  condition_recorded: z.strictObject({ condition: Condition, reason_code: ReasonCode.optional(), signs }),
  rewrapped: z.strictObject({ reason_code: ReasonCode, weight_before_g: Weight, weight_g: Weight }),
  corrected: z.strictObject({
    corrects: Uuid7,
    reason_code: ReasonCode,
    weight_g: Weight.optional(),
    condition: Condition.optional(),
    destination_office_code: OfficeCode.optional(),
  }),
  handed_over: z.strictObject({ handover_id: Uuid7.optional(), to: ToParty, condition: Condition, seal_nos: z.array(SealNo).max(8).optional() }),
  bagged: z.strictObject(bag),
  taken_out_of_bag: z.strictObject({ ...bag, reason_code: ReasonCode }),
  counted: z.strictObject({ ...bag, condition: Condition, weight_g: Weight.optional(), lane: z.string().regex(/^[A-Z]$/).optional() }),
  missing: z.strictObject({ ...bag, reason_code: ReasonCode }),
  sorted: z.strictObject({ direction_office_code: OfficeCode }),
  screened: z.strictObject({
    method: z.enum(['PHS', 'VCK', 'XRY', 'EDS', 'EDD', 'ETD', 'CMD', 'AOM']),
    equipment_no: EquipmentNo.optional(),
    result: z.enum(['clear', 'alarm', 'inconclusive']),
    resolves: Uuid7.optional().meta({ description: 'Checkpoint of the alarm that this screening clears' }),
  }),
  suspected: z.strictObject({ reason_code: ReasonCode, signs }),
  held: z.strictObject({ reason_code: ReasonCode }),
  hold_released: z.strictObject({ hold_checkpoint_id: Uuid7, reason_code: ReasonCode }),
  signed_out: z.strictObject({ courier_person_id: Uuid7 }),
  attempted: z.strictObject({ reason_code: ReasonCode, evidence: z.array(z.enum(['call', 'photo', 'position', 'witness', 'paper'])).max(5) }),
  delivered: z.strictObject({
    receiver_body_code: BodyCode.optional(),
    receiver_card_no: CardNo.optional(),
    receiver_authority: z.enum(['card', 'pin', 'letter_of_introduction', 'authorisation', 'addressee_in_person']),
    authority_no: PaperNo.optional(),
  }),
  call_notice_left: z.strictObject({ notice_no: z.int().min(1).max(9) }),
  redirected: z.strictObject({ destination_office_code: OfficeCode, postal_code: PostalCode }),
  return_started: z.strictObject({ reason_code: ReasonCode }),
  returned: nothing,
  withdrawn: nothing,
  declared_unclaimed: nothing,
  given_to_authority: z.strictObject({ agency_code: AgencyCode, record_no: PaperNo, receiver_card_no: CardNo }),
  opened_by_authority: z.strictObject({ basis: LegalBasis.refine(approvedOrUrgent, { path: ['procuracy_approval_no'] }), witness_person_id: Uuid7 }),
  returned_by_authority: z.strictObject({ agency_code: AgencyCode, record_no: PaperNo }),
  destroyed: z.strictObject({ agency_code: AgencyCode, record_no: PaperNo }),
  lost: z.strictObject({ record_no: PaperNo }),
  found_again: nothing,
  bag_started: z.strictObject({ trip_id: Uuid7, manifest_bag: z.boolean() }),
  bag_sealed: z.strictObject({ seal_nos: seals, item_count: z.int().min(0).max(1000), gross_g: Weight, tare_g: Weight, last_of_trip: z.boolean() }),
  bag_reopened: z.strictObject({ reason_code: ReasonCode }),
  bag_departed: z.strictObject({ vehicle_no: z.string().regex(/^[0-9A-Z.-]{4,15}$/) }),
  bag_arrived: z.strictObject({ gross_g: Weight.optional() }),
  seal_checked: z.strictObject({ seal_no: SealNo, found: z.enum(['intact', 'broken', 'absent', 'other_number']) }),
  bag_unsealed: z.strictObject({ opening_id: Uuid7, seal_nos: z.array(SealNo).max(8), gross_g: Weight.optional(), blind: z.boolean() }),
  bag_emptied: z.strictObject({ forced_reason_code: ReasonCode.optional() }),
  bag_voided: z.strictObject({ reason_code: ReasonCode }),
} as const;

export type Kind = keyof typeof FACTS;
export type Facts<K extends Kind = Kind> = z.infer<(typeof FACTS)[K]>;
export type AcceptedKt1 = z.infer<typeof AcceptedKt1>;
export type AcceptedOrdinary = z.infer<typeof AcceptedOrdinary>;
export { Instant };
