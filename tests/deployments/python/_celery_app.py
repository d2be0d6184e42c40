"""The tasks of the Celery rows: each worker process has its own client."""

import os

from celery import Celery
from celery.signals import worker_process_init
from omni_mcp_py import OmniMCPClient

folder = os.environ["ROW_FOLDER"]
app = Celery("row", broker="filesystem://", backend=f"file://{folder}/results")
app.conf.update(
    broker_transport_options={
        "data_folder_in": f"{folder}/queue",
        "data_folder_out": f"{folder}/queue",
        "control_folder": f"{folder}/control",
    },
    task_serializer="json",
    result_serializer=os.environ["ROW_SERIALIZER"],
    accept_content=["json"],
    result_accept_content=["json", "pickle"],
    broker_connection_retry_on_startup=True,
)
client = None


@worker_process_init.connect
def begin(**_):
    """Make the client of a worker process."""
    global client
    client = OmniMCPClient(os.environ["ROW_KEY"], base_url=os.environ["ROW_URL"])


@app.task
def search(query, key):
    """Make one call."""
    options = {"raise_tool_errors": True, "timeout": 0.3, "total_timeout": 2}
    return client.call_tool("fred.search", {"q": query}, key, **options)["structuredContent"]["query"]
