import de.bwaldvogel.mongo.MongoCollection;
import de.bwaldvogel.mongo.MongoDatabase;
import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.CollectionOptions;
import de.bwaldvogel.mongo.backend.CursorRegistry;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.QueryResult;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.backend.h2.H2Collection;
import de.bwaldvogel.mongo.backend.h2.H2Database;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.exception.KeyConstraintError;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import java.net.InetSocketAddress;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;

/** Serves MongoDB's wire protocol over a file: MongoWire FILE PORT. Ends when its standard input does. */
public final class MongoWire {
    /** Present-day drivers want wire version 9 or more; what tests use of it is there. */
    private record Version(List<Integer> getVersionArray, int getWireVersion) implements MongoVersion {
        @Override
        public String toVersionString() {
            return "5.0.0";
        }
    }

    /**
     * Every answered message is in the file: a killed server loses nothing that it acknowledged. And an answer shows
     * documents as they were when it was made: the backend changes its documents in place, field by field, also those
     * that an answer on its way to a client still points to.
     */
    private static final class DurableBackend extends H2Backend {
        DurableBackend(String file) {
            super(file);
        }

        @Override
        public synchronized Document handleMessage(MongoMessage message) {
            Document answer = super.handleMessage(message);
            if (getMvStore().hasUnsavedChanges()) {
                getMvStore().commit();
            }
            return answer == null ? null : answer.cloneDeeply();
        }

        @Override
        protected MongoDatabase openOrCreateDatabase(String name) {
            store = getMvStore();
            return new IndexedDatabase(name, store, getCursorRegistry());
        }
    }

    /**
     * Looks documents up where the backend by itself would walk through all of them: it uses a unique index only for a
     * question about nothing else, and keeps no other ones. An index only narrows down which documents are looked at;
     * all that a question says is asked of each of them all the same.
     */
    private static final class IndexedDatabase extends H2Database {
        IndexedDatabase(String name, MVStore store, CursorRegistry cursors) {
            super(name, store, cursors);
        }

        @Override
        protected MongoCollection<Object> openOrCreateCollection(String name, CollectionOptions options) {
            String full = getFullCollectionNamespace(name);
            MVMap<Object, Document> documents = store.openMap("databases." + full);
            return new IndexedCollection(this, name, options, documents, store.openMap("meta." + full), cursorRegistry);
        }

        @Override
        protected Index<Object> openOrCreateUniqueIndex(
                String collection, String name, List<IndexKey> keys, boolean sparse) {
            return new NarrowingIndex(super.openOrCreateUniqueIndex(collection, name, keys, sparse), sparse);
        }

        @Override
        protected Index<Object> openOrCreateSecondaryIndex(
                String collection, String name, List<IndexKey> keys, boolean sparse) {
            return new TextIndex(name, keys);
        }
    }

    /** A collection that knows the order of its numbered documents: which is the last one, and which come after one. */
    private static final class IndexedCollection extends H2Collection {
        private final MVMap<Object, Document> documents;

        IndexedCollection(
                MongoDatabase database,
                String name,
                CollectionOptions options,
                MVMap<Object, Document> documents,
                MVMap<String, Object> meta,
                CursorRegistry cursors) {
            super(database, name, options, documents, meta, cursors);
            this.documents = documents;
        }

        @Override
        protected QueryResult matchDocuments(
                Document query, Document order, int skip, int limit, int batch, Document fields) {
            if (documents.firstKey() instanceof Integer && documents.lastKey() instanceof Integer) {
                boolean last = order != null && order.size() == 1 && Integer.valueOf(-1).equals(order.get("_id"));
                if (query.isEmpty() && last && limit == 1 && skip == 0) {
                    return matchDocuments(query, List.of(documents.lastKey()), order, skip, limit, batch, fields);
                }
                if (query.get("_id") instanceof Document range && range.get("$gt") instanceof Integer after) {
                    Iterable<Object> later = () -> documents.keyIterator(after);
                    return matchDocuments(query, later, order, skip, limit, batch, fields);
                }
            }
            return super.matchDocuments(query, order, skip, limit, batch, fields);
        }
    }

    /** A unique index that also serves questions about more than its own fields. */
    private static final class NarrowingIndex extends Index<Object> {
        private final Index<Object> inner;

        NarrowingIndex(Index<Object> inner, boolean sparse) {
            super(inner.getName(), inner.getKeys(), sparse);
            this.inner = inner;
        }

        private Document own(Document query) {
            var own = new Document();
            for (String key : keys()) {
                if (!query.containsKey(key)) {
                    return query;
                }
                own.put(key, query.get(key));
            }
            return own;
        }

        @Override
        public boolean canHandle(Document query) {
            return inner.canHandle(own(query));
        }

        @Override
        public Iterable<Object> getPositions(Document query) {
            return inner.getPositions(own(query));
        }

        @Override
        public Object getPosition(Document document) {
            return inner.getPosition(document);
        }

        @Override
        public void checkAdd(Document document, MongoCollection<Object> collection) {
            inner.checkAdd(document, collection);
        }

        @Override
        public void add(Document document, Object position, MongoCollection<Object> collection) {
            inner.add(document, position, collection);
        }

        @Override
        public Object remove(Document document) {
            return inner.remove(document);
        }

        @Override
        public void checkUpdate(Document before, Document after, MongoCollection<Object> collection) {
            inner.checkUpdate(before, after, collection);
        }

        @Override
        public void updateInPlace(Document before, Document after, Object position, MongoCollection<Object> collection)
                throws KeyConstraintError {
            inner.updateInPlace(before, after, position, collection);
        }

        @Override
        public long getCount() {
            return inner.getCount();
        }

        @Override
        public boolean isEmpty() {
            return inner.isEmpty();
        }

        @Override
        public long getDataSize() {
            return inner.getDataSize();
        }

        @Override
        public boolean isUnique() {
            return inner.isUnique();
        }

        @Override
        public void drop() {
            inner.drop();
        }
    }

    /**
     * Which documents have had a text in the first field of an index, kept in memory and filled anew at each start. It
     * may name more documents than have it now, never less.
     */
    private static final class TextIndex extends Index<Object> {
        private final String[] path;
        private final Map<String, Set<Object>> ids = new HashMap<>();
        private final Map<Object, Set<String>> texts = new HashMap<>();

        TextIndex(String name, List<IndexKey> keys) {
            super(name, keys, true);
            this.path = keys.get(0).getKey().split("\\.");
        }

        /** The texts of which the field must be one, or null where the question does not say so. */
        private Collection<?> wanted(Document query) {
            Object value = query.get(getKeys().get(0).getKey());
            if (value instanceof String) {
                return List.of(value);
            }
            boolean several = value instanceof Document && ((Document) value).get("$in") instanceof Collection;
            Collection<?> values = several ? (Collection<?>) ((Document) value).get("$in") : null;
            return values != null && values.stream().allMatch(String.class::isInstance) ? values : null;
        }

        private static void collect(Object value, String[] path, int depth, Set<String> found) {
            if (value instanceof Collection<?> several) {
                several.forEach(each -> collect(each, path, depth, found));
            } else if (depth < path.length) {
                if (value instanceof Document document) {
                    collect(document.get(path[depth]), path, depth + 1, found);
                }
            } else if (value instanceof String text) {
                found.add(text);
            }
        }

        @Override
        public boolean canHandle(Document query) {
            return wanted(query) != null;
        }

        @Override
        public synchronized Iterable<Object> getPositions(Document query) {
            var documents = new LinkedHashSet<Object>();
            wanted(query).forEach(text -> documents.addAll(ids.getOrDefault(text, Set.of())));
            return documents;
        }

        @Override
        public synchronized void add(Document document, Object position, MongoCollection<Object> collection) {
            var found = texts.computeIfAbsent(document.get("_id"), unused -> new HashSet<>());
            collect(document, path, 0, found);
            found.forEach(text -> ids.computeIfAbsent(text, unused -> new LinkedHashSet<>()).add(position));
        }

        @Override
        public synchronized Object remove(Document document) {
            var known = texts.remove(document.get("_id"));
            if (known != null) {
                known.forEach(text -> ids.get(text).remove(document.get("_id")));
            }
            return null; // where it stood, the index of ids tells
        }

        @Override
        public void updateInPlace(
                Document before, Document after, Object position, MongoCollection<Object> collection) {
            add(after, position, collection);
        }

        @Override
        public Object getPosition(Document document) {
            return null;
        }

        @Override
        public void checkAdd(Document document, MongoCollection<Object> collection) {}

        @Override
        public void checkUpdate(Document before, Document after, MongoCollection<Object> collection) {}

        @Override
        public synchronized long getCount() {
            return ids.size();
        }

        @Override
        public long getDataSize() {
            return 0;
        }

        @Override
        public synchronized void drop() {
            ids.clear();
            texts.clear();
        }
    }

    private static MVStore store; // a database opens its collections before its own constructor runs

    public static void main(String[] arguments) throws Exception {
        var backend = new DurableBackend(arguments[0]);
        backend.version(new Version(List.of(5, 0, 0), 13));
        var server = new MongoServer(backend);
        server.bind(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[1])));
        System.out.println("ready");
        while (System.in.read() != -1) {
            continue;
        }
        Runtime.getRuntime().halt(0);
    }
}
