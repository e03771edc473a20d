"""Runs Agno's own gateway: an AgentOS whose members are remotes of another AgentOS, or of our gateway."""

import argparse

import uvicorn
from agno.agent.remote import RemoteAgent
from agno.os import AgentOS
from agno.team.remote import RemoteTeam
from agno.workflow.remote import RemoteWorkflow


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True, help="of what its remotes call")
    parser.add_argument("--name", required=True, help="suffix of the ids there")
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    url, name = arguments.url, arguments.name
    app = AgentOS(
        id="agno-gateway",
        agents=[RemoteAgent(url, f"assistant-{name}"), RemoteAgent(url, f"hitl-{name}")],
        teams=[RemoteTeam(url, f"team-{name}")],
        workflows=[RemoteWorkflow(url, f"wf-{name}")],
        telemetry=False,
    ).get_app()
    uvicorn.run(app, host="127.0.0.1", port=arguments.port, log_level="warning")


if __name__ == "__main__":
    main()
