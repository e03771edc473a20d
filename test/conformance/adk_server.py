"""A real Google ADK agent behind A2A, without a model: words in the message choose its behaviour.

  "stream"  the answer word by word in partial events, then whole, as ADK does with a streaming model
  "slow"    the same with pauses, long enough to be cut or cancelled
  "fail"    the run fails
  "ask"     calls a long running tool, which makes the task wait for input
  "draw"    a picture beside the text
  (else)    "You said: <message>" as one event
"""

import argparse
import asyncio
from collections.abc import AsyncGenerator

import uvicorn
from google.adk.a2a.utils.agent_to_a2a import to_a2a
from google.adk.agents import BaseAgent
from google.adk.agents.invocation_context import InvocationContext
from google.adk.events import Event
from google.genai import types

SLOW_WORDS = 40
SLOW_PAUSE_SECONDS = 0.05
PIXEL = b"\x89PNG\r\n\x1a\n"


class FactsAgent(BaseAgent):
    """Repeats its input."""

    async def _run_async_impl(self, ctx: InvocationContext) -> AsyncGenerator[Event, None]:
        given = ctx.user_content.parts if ctx.user_content else []
        prompt = " ".join(part.text for part in given or [] if part.text)
        files = [part for part in given or [] if part.inline_data or part.file_data]
        answer = f"You said: {prompt}"
        if files:
            answer += f" with {len(files)} file(s)"
        if "fail" in prompt:
            raise RuntimeError("out of facts")
        if "ask" in prompt:
            yield self._asking(ctx)
            return
        if "stream" in prompt or "slow" in prompt:
            words = answer.split() + ["and so on"] * (SLOW_WORDS if "slow" in prompt else 0)
            for word in words:
                yield self._event(ctx, [types.Part(text=f"{word} ")], partial=True)
                await asyncio.sleep(SLOW_PAUSE_SECONDS if "slow" in prompt else 0)
            yield self._event(ctx, [types.Part(text="".join(f"{word} " for word in words))])
            return
        parts = [types.Part(text=answer)]
        if "draw" in prompt:
            parts.append(types.Part(inline_data=types.Blob(data=PIXEL, mime_type="image/png")))
        yield self._event(ctx, parts)

    def _event(self, ctx: InvocationContext, parts: list[types.Part], *, partial: bool | None = None) -> Event:
        content = types.Content(role="model", parts=parts)
        return Event(author=self.name, invocation_id=ctx.invocation_id, content=content, partial=partial)

    def _asking(self, ctx: InvocationContext) -> Event:
        call = types.FunctionCall(id="call-1", name="ask_someone", args={"question": "which fact?"})
        event = self._event(ctx, [types.Part(text="Which fact?"), types.Part(function_call=call)])
        event.long_running_tool_ids = {"call-1"}
        return event


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    agent = FactsAgent(name="facts_agent", description="Knows facts")
    app = to_a2a(agent, host="127.0.0.1", port=arguments.port)
    uvicorn.run(app, host="127.0.0.1", port=arguments.port, log_level="warning")


if __name__ == "__main__":
    main()
