"""A vector database that compares words instead of vectors.

AgentOS serves its /knowledge routes only with a real Knowledge object. The usual vector databases need an
embedding model and heavy packages. The gateway relays results independently of the ranking, so counting
common words is enough.
"""

from typing import Any

from agno.knowledge.document import Document
from agno.vectordb.base import VectorDb


class WordVectorDb(VectorDb):
    """Stores documents in a list and finds them by words shared with the query. Only Agno 3.x passes a `user_id`."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name)
        self.documents: list[tuple[str, Document]] = []

    def create(self) -> None:
        """Nothing to create."""

    async def async_create(self) -> None:
        """Nothing to create."""

    def exists(self) -> bool:
        return True

    async def async_exists(self) -> bool:
        return True

    def drop(self) -> None:
        self.documents.clear()

    async def async_drop(self) -> None:
        self.drop()

    def delete(self) -> bool:
        self.drop()
        return True

    def upsert_available(self) -> bool:
        return True

    def get_supported_search_types(self) -> list[str]:
        return ["keyword"]

    def insert(
        self, content_hash: str, documents: list[Document], filters: Any = None, user_id: str | None = None
    ) -> None:
        for document in documents:
            document.meta_data = {**(document.meta_data or {}), **(filters or {})}
            self.documents.append((content_hash, document))

    async def async_insert(
        self, content_hash: str, documents: list[Document], filters: Any = None, user_id: str | None = None
    ) -> None:
        self.insert(content_hash, documents, filters, user_id)

    def upsert(
        self, content_hash: str, documents: list[Document], filters: Any = None, user_id: str | None = None
    ) -> None:
        self.documents = [(known, document) for known, document in self.documents if known != content_hash]
        self.insert(content_hash, documents, filters, user_id)

    async def async_upsert(
        self, content_hash: str, documents: list[Document], filters: Any = None, user_id: str | None = None
    ) -> None:
        self.upsert(content_hash, documents, filters, user_id)

    def search(self, query: str, limit: int = 5, filters: Any = None, user_id: str | None = None) -> list[Document]:
        words = set(query.lower().split())
        scored = [(len(words & set(d.content.lower().split())), d) for _, d in self.documents]
        found = sorted((pair for pair in scored if pair[0]), key=lambda pair: -pair[0])
        return [document for _, document in found[:limit]]

    async def async_search(
        self, query: str, limit: int = 5, filters: Any = None, user_id: str | None = None
    ) -> list[Document]:
        return self.search(query, limit, filters, user_id)

    def content_hash_exists(self, content_hash: str, user_id: str | None = None) -> bool:
        return any(known == content_hash for known, _ in self.documents)

    def name_exists(self, name: str) -> bool:
        return any(document.name == name for _, document in self.documents)

    async def async_name_exists(self, name: str) -> bool:
        return self.name_exists(name)

    def id_exists(self, id: str) -> bool:
        return any(document.id == id for _, document in self.documents)

    def delete_by_id(self, id: str) -> bool:
        return self._keep(lambda document: document.id != id)

    def delete_by_name(self, name: str) -> bool:
        return self._keep(lambda document: document.name != name)

    def delete_by_metadata(self, metadata: dict[str, Any]) -> bool:
        return self._keep(lambda document: not metadata.items() <= (document.meta_data or {}).items())

    def delete_by_content_id(self, content_id: str, user_id: str | None = None) -> bool:
        return self._keep(lambda document: document.content_id != content_id)

    def update_metadata(self, content_id: str, metadata: dict[str, Any]) -> None:
        for _, document in self.documents:
            if document.content_id == content_id:
                document.meta_data = {**(document.meta_data or {}), **metadata}

    def _keep(self, wanted: Any) -> bool:
        before = len(self.documents)
        self.documents = [(known, document) for known, document in self.documents if wanted(document)]
        return len(self.documents) < before
