import type { EventRow } from '../rows.ts';

export interface Post {
  post_id: string;
  platform: string;
  clicks: number;
  likes: number;
  comments: number;
  shares: number;
  total: number;
}
const column = { click: 'clicks', like: 'likes', comment: 'comments', share: 'shares' } as const;

/** Actions by post; redemptions are no action on a post. */
export function postsOf(rows: readonly EventRow[]): Post[] {
  const posts = new Map<string, Post>();
  for (const row of rows) {
    if (!(row.type in column)) continue;
    const post = posts.get(row.post_id) ?? {
      post_id: row.post_id,
      platform: row.platform,
      clicks: 0,
      likes: 0,
      comments: 0,
      shares: 0,
      total: 0,
    };
    post[column[row.type as keyof typeof column]] += Number(row.count);
    post.total += Number(row.count);
    posts.set(row.post_id, post);
  }
  return [...posts.values()];
}
