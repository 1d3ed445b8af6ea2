/** Columns of the views that the page reads. Rates are null where there is nothing to divide by. */
type Rate = number | null;
type Money = number | null;

interface Counts {
  currency: string;
  redemptions_gross: number;
  redemptions_void: number;
  redemptions_net: number;
  redemptions_trial: number;
  redemptions_referred: number;
  redeemers: number;
  sales_net: Money;
}
export interface CampaignDay {
  day: string;
  campaign_id: string;
  currency: string;
  clicks: number;
  likes: number;
  comments: number;
  shares: number;
  engagements: number;
  redemptions_net: number;
  sales_net: Money;
}
export interface CampaignRow extends Counts {
  campaign_id: string;
  name: string;
  clicks: number;
  clicks_valid: number;
  invalid_rate: Rate;
  engagements: number;
  mentions: number;
  er_followers: Rate;
  advice_rate: Rate;
  coupons_distributed: number;
  people_sampled: number;
  mention_rate: Rate;
  people_engaged: number;
  people_clicked: number;
  redemption_rate: Rate;
  redemption_rate_low: Rate;
  redemption_rate_high: Rate;
  conditional_conversion: Rate;
  sample_to_purchase: Rate;
  new_to_brand_rate: Rate;
  new_to_brand_coverage: Rate;
  independent_redeemer_share: Rate;
  sales_gross: Money;
  cost: Money;
  cost_per_engagement: Rate;
  cost_per_redemption: Rate;
  hours_from_first_touch_p50: Rate;
  hours_from_first_touch_p90: Rate;
  hours_from_last_touch_p50: Rate;
  hours_from_last_touch_p90: Rate;
  hours_from_distribution_p50: Rate;
  hours_from_distribution_p90: Rate;
}
export interface CampaignCredit {
  campaign_id: string;
  name: string;
  model: string;
  currency: string;
  attributed_redemptions: number;
  unattributed_rate: Rate;
  attributed_amount: Money;
  cost: Money;
  roas: Rate;
  roi: Rate;
}
export interface InfluencerRow {
  influencer_id: string;
  name: string;
  relationship: string;
  tier: string;
  region: string;
  followers: number;
  clicks: number;
  clicks_valid: number;
  invalid_rate: Rate;
  engagements: number;
  mentions: number;
  er_followers: Rate;
  er_reach: Rate;
  er_views: Rate;
  advice_rate: Rate;
  people_engaged: number;
  people_converted: number;
  conversion: Rate;
  conversion_pooled: Rate;
  conversion_low: Rate;
  conversion_high: Rate;
  redemptions_referred: number;
  influence_yield: Rate;
  codes_redeemed: number;
  currency: string;
  attributed_amount: Money;
  cost: Money;
  cost_per_redemption: Rate;
}
export interface StoreRow extends Counts {
  store_id: string;
  name: string;
  retailer_id: string;
  region: string;
  city: string;
  lat: number | null;
  lon: number | null;
}
export interface ProductRow extends Counts {
  product_id: string;
  name: string;
}
/** Of one campaign. */
export interface CampaignStoreRow extends Omit<StoreRow, 'retailer_id'> {
  campaign_id: string;
}
export interface CampaignProductRow extends ProductRow {
  campaign_id: string;
}
export interface PostRow {
  influencer_id: string;
  post_id: string;
  platform: string;
  clicks: number;
  likes: number;
  comments: number;
  shares: number;
  engagements: number;
}
export interface CouponRow extends Counts {
  coupon_code: string;
  name: string;
  owner_id: string;
  campaign_id: string;
  use: string;
}
export interface FunnelRow {
  campaign_id: string;
  step: number;
  stage: string;
  people: number;
  rate_from_previous: Rate;
}
export interface TrustRow {
  relationship: string;
  model: string;
  influencers: number;
  followers: number;
  people_engaged: number;
  redemptions_referred: number;
  redemptions_all: number;
  yield_per_engaged: Rate;
  yield_low: Rate;
  yield_high: Rate;
  yield_per_1000_followers: Rate;
  currency: string;
  cost: Money;
  yield_per_cost: Rate;
  attributed_amount: Money;
}
export interface VerdictRow {
  verdict: string;
  rung: number;
  ratio: Rate;
  ratio_low: Rate;
  ratio_high: Rate;
  margin: number;
  models_agree: boolean | number;
  in_words: string;
  needed: string;
}
export interface ModelRow {
  relationship: string;
  currency: string;
  model: string;
  attributed_redemptions: number;
  attributed_amount: Money;
}
export interface SensitivityRow {
  varied: string;
  factor: number;
  influencer_id: string;
  currency: string;
  attributed_redemptions: number;
  change: Rate;
}
export interface EventRow {
  event_id: string;
  type: string;
  occurred_at: string;
  received_at: string;
  campaign_id: string;
  influencer_id: string;
  relationship: string;
  post_id: string;
  platform: string;
  store_id: string;
  is_valid: boolean | number;
  count: number;
  redemption_id: string;
  status: string;
  amount: Money;
  currency: string;
}
export interface RedemptionRow {
  redemption_id: string;
  campaign_id: string;
  coupon_code: string;
  owner_id: string;
  product_id: string;
  store_id: string;
  region: string;
  redeemed_at: string;
  status: string;
  amount: Money;
  gross_amount: Money;
  currency: string;
  is_trial: boolean | number;
}
export interface CreditRow {
  redemption_id: string;
  model: string;
  touch_event_id: string;
  touch_type: string;
  influencer_id: string;
  relationship: string;
  post_id: string;
  touched_at: string;
  redeemed_at: string;
  credit: number;
  attributed_amount: Money;
  currency: string;
  matched_by: string;
}
export interface CompletenessRow {
  source_topic: string;
  source_partition: number;
  day: string;
  seen: number;
  missing: number;
  repeated: number;
  stored: number;
  duplicate: number;
  rejected: number;
  reference: number;
}
export interface QualityRow {
  events: number;
  events_late: number;
  late_rate: Rate;
  redemptions: number;
  redemptions_matched: number;
  identity_match_rate: Rate;
}
export interface RestatementRow {
  day: string;
  model: string;
  reason: string;
  currency: string;
  redemptions: number;
  restated_credit: number;
  restated_amount: Money;
}
export interface RejectedRow {
  source_at: string;
  event_id: string;
  type: string;
  service: string;
  step: string;
  fault_codes: string[];
  fault_paths: string[];
  fault_details: string[];
}
export interface ReceiptRow {
  day: string;
  code: string;
  outcome: string;
}
export interface Rows {
  reference_current: { id: string; name: string };
  campaign_daily: CampaignDay;
  campaign_performance: CampaignRow;
  campaign_attribution: CampaignCredit;
  influencer_performance: InfluencerRow;
  store_performance: StoreRow;
  product_performance: ProductRow;
  campaign_stores: CampaignStoreRow;
  campaign_products: CampaignProductRow;
  post_performance: PostRow;
  coupon_performance: CouponRow;
  funnel: FunnelRow;
  trust_comparison: TrustRow;
  trust_verdict: VerdictRow;
  model_comparison: ModelRow;
  engagement_sensitivity: SensitivityRow;
  events_current: EventRow;
  redemptions_current: RedemptionRow;
  attribution_credits: CreditRow;
  pipeline_completeness: CompletenessRow;
  data_quality: QualityRow;
  restatements: RestatementRow;
  rejected_events: RejectedRow;
  receipts: ReceiptRow;
}
