import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import java.net.InetSocketAddress;
import java.util.List;

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
    }

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
