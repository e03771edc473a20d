"""Agno's own gateway: an AgentOS whose agents are RemoteAgents. Arguments: port, config_ttl, then ID=URL for each agent."""

import sys

import uvicorn
from agno.agent.remote import RemoteAgent
from agno.os import AgentOS

port, config_ttl, *agents = sys.argv[1:]
members = [
    RemoteAgent(base_url=url, agent_id=agent_id, config_ttl=float(config_ttl))
    for agent_id, url in (agent.split("=", 1) for agent in agents)
]
app = AgentOS(id="agno-gateway", agents=members, telemetry=False).get_app()
uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="critical", access_log=False)
