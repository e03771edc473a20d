"""Uses one component as a remote agent of Google ADK, and prints the texts of its events as JSON.

Usage: adk_remote.py BASE_URL MESSAGE [ANSWER]. ANSWER is the response to the question of a paused run, as JSON.
"""

import asyncio
import json
import sys
import warnings

from google.adk.agents.remote_a2a_agent import RemoteA2aAgent
from google.adk.runners import InMemoryRunner
from google.genai import types

warnings.filterwarnings("ignore")


async def main(base: str, text: str, answer: str | None = None) -> dict[str, object]:
    card = f"{base}.well-known/agent-card.json"
    agent = RemoteA2aAgent(name="remote", description="Behind the gateway", agent_card=card)
    runner = InMemoryRunner(agent=agent, app_name="faces")
    session = await runner.session_service.create_session(app_name="faces", user_id="ada")
    said: list[str] = []
    questions: list[types.FunctionCall] = []
    errors: list[str] = []

    async def turn(part: types.Part) -> None:
        content = types.Content(role="user", parts=[part])
        async for event in runner.run_async(user_id="ada", session_id=session.id, new_message=content):
            errors.extend([event.error_message] if event.error_message else [])
            parts = (event.content.parts if event.content else None) or []
            said.extend(part.text for part in parts if part.text and not part.thought)
            questions.extend(part.function_call for part in parts if part.function_call)

    await turn(types.Part(text=text))
    asked = [dict(question.args or {}) for question in questions]
    if answer is not None:
        [question] = questions
        response = types.FunctionResponse(id=question.id, name=question.name, response=json.loads(answer))
        await turn(types.Part(function_response=response))
    return {"said": said, "asked": asked, "errors": errors}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(*sys.argv[1:4]))))
