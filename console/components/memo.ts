/** Skips a rendering of a component. Of Preact's compatibility layer for React, the console needs only this. */
import type { ComponentChild, FunctionComponent } from 'preact'
import { Component, h } from 'preact'

/** @param isSame whether the component renders the same for both properties */
export function memo<Props extends object>(
  render: (props: Props) => ComponentChild,
  isSame: (before: Props, after: Props) => boolean,
) {
  return class Memo extends Component<Props> {
    override shouldComponentUpdate(next: Props): boolean {
      return !isSame(this.props, next)
    }

    override render() {
      return h(render as FunctionComponent<Props>, this.props)
    }
  }
}
