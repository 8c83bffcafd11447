# SPDX-License-Identifier: Apache-2.0
"""The socket to the agent as facts of the flow: connects when told, asks when told, decides nothing."""

from pydantic import ValidationError
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtNetwork import QLocalSocket

from edge.contract.local import ANSWER, MAX_LINE_BYTES, Status, StatusAsked
from kiosk_ui.flow import Fact, Garbled, Heard, Joined, Parted

_QUESTION = StatusAsked().model_dump_json().encode() + b"\n"


class AgentLink(QObject):
    """One connection at a time. `heard` carries a `Fact`, always from the event loop and never from within a call."""

    heard = Signal(object)
    _noticed = Signal(int, object)

    def __init__(self, path: str, parent: QObject | None = None) -> None:
        """Remember the socket's path; nothing is opened yet."""
        super().__init__(parent)
        self._path = path
        self._socket: QLocalSocket | None = None
        self._connection = 0
        # Queued, because a missing socket fails inside connectToServer, and the flow is not to be entered twice.
        self._noticed.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    def connect_agent(self) -> None:
        """Open a fresh connection; `Joined` or `Parted` follows."""
        self.hang_up()
        socket = QLocalSocket(self)
        # One byte more than a line may have: a full buffer without a line end is a peer that never ends one.
        socket.setReadBufferSize(MAX_LINE_BYTES + 1)
        socket.connected.connect(self._on_connected)
        socket.disconnected.connect(self._on_disconnected)
        socket.errorOccurred.connect(self._on_error)
        socket.readyRead.connect(self._on_ready_read)
        self._socket = socket
        socket.connectToServer(self._path)

    def ask(self) -> None:
        """Ask for the agent's status; `Heard` or `Garbled` follows if it answers."""
        if self._socket is not None:
            self._socket.write(_QUESTION)

    def hang_up(self) -> None:
        """Drop the connection; nothing that it still says is heard."""
        self._connection += 1
        if self._socket is not None:
            self._socket.blockSignals(True)  # noqa: FBT003 - Qt takes it by position only
            self._socket.abort()
            self._socket.deleteLater()
            self._socket = None

    def _tell(self, connection: int, fact: Fact) -> None:
        if connection != self._connection:
            return
        if isinstance(fact, Parted):
            self.hang_up()
        self.heard.emit(fact)

    def _on_connected(self) -> None:
        self._noticed.emit(self._connection, Joined())

    def _on_disconnected(self) -> None:
        self._noticed.emit(self._connection, Parted())

    def _on_error(self, _error: QLocalSocket.LocalSocketError) -> None:
        self._noticed.emit(self._connection, Parted())

    def _on_ready_read(self) -> None:
        socket = self._socket
        if socket is None:
            return
        while socket.canReadLine():
            line = socket.readLine(MAX_LINE_BYTES + 1).data()
            self._noticed.emit(self._connection, _understood(bytes(line)))
        if socket.bytesAvailable() > MAX_LINE_BYTES:
            self._noticed.emit(self._connection, Garbled())


def _understood(line: bytes) -> Fact:
    try:
        answer = ANSWER.validate_json(line)
    except ValidationError:
        return Garbled()
    return Heard(answer) if isinstance(answer, Status) else Garbled()
