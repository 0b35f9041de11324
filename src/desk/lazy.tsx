// A screen's code comes when it is first opened, from this very origin or from what the service worker keeps.

import { Component } from 'preact';
import type { ComponentChildren, ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Notice } from './ui.tsx';
import { say } from './words.ts';

/** `quiet`: nothing is said while it comes, nor if it does not. */
export function lazy<P extends object = object>(load: () => Promise<{ default: ComponentType<P> }>, quiet = false): ComponentType<P> {
  let got: ComponentType<P> | null = null;
  return function Lazy(props: P) {
    const [Page, setPage] = useState<ComponentType<P> | null>(() => got);
    const [failed, setFailed] = useState(false);
    useEffect(() => {
      if (Page) return;
      load().then(({ default: page }) => { got = page; setPage(() => page); }, () => setFailed(true));
    }, []);
    if (quiet && !Page) return null;
    if (failed) return <Notice tint="bad" urgent>{say(['Chưa tải được màn hình này. Việc đã quét vẫn an toàn trên máy. Mở lại khi có mạng.', 'This screen could not be loaded. What was scanned is safe on this machine. Open it again with a network.'])}</Notice>;
    return Page ? <Page {...props} /> : <p class="loading" role="status">{say(['Đang tải…', 'Loading…'])}</p>;
  };
}

/** A defect in one screen must not take the queue with it: the rest of the desk goes on. */
export class Suspense extends Component<{ children: ComponentChildren }, { failed: boolean }> {
  override state = { failed: false };
  static override getDerivedStateFromError = () => ({ failed: true });
  override render() {
    return this.state.failed
      ? <Notice tint="bad" urgent>{say(['Màn hình gặp lỗi. Việc đã quét vẫn an toàn trên máy. Chọn lại ở danh mục bên trái.', 'This screen failed. What was scanned is safe on this machine. Choose again from the menu.'])}</Notice>
      : this.props.children;
  }
}
