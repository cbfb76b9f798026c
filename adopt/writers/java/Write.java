import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.springframework.security.crypto.argon2.Argon2PasswordEncoder;
import org.springframework.security.crypto.bcrypt.BCryptPasswordEncoder;
import org.springframework.security.crypto.factory.PasswordEncoderFactories;
import org.springframework.security.crypto.password.DelegatingPasswordEncoder;
import org.springframework.security.crypto.password.LdapShaPasswordEncoder;
import org.springframework.security.crypto.password.MessageDigestPasswordEncoder;
import org.springframework.security.crypto.password.NoOpPasswordEncoder;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.security.crypto.password.Pbkdf2PasswordEncoder;
import org.springframework.security.crypto.password.StandardPasswordEncoder;
import org.springframework.security.crypto.scrypt.SCryptPasswordEncoder;

/** Writes what Spring Security's encoders store, under the {id} that says which it was. */
@SuppressWarnings("deprecation") // what Spring deprecates stands in tables
public class Write {
    static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();
    static final String WRITER = "Spring Security " + PasswordEncoder.class.getPackage().getImplementationVersion();

    record Entry(String password, List<String> wrong) {}

    public static void main(String[] args) throws Exception {
        List<Entry> all = new ArrayList<>();
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = in.readLine()) != null; ) {
            all.add(GSON.fromJson(line, Entry.class));
        }
        Map<String, PasswordEncoder> cheap = new LinkedHashMap<>();
        cheap.put("bcrypt", new BCryptPasswordEncoder(4));
        cheap.put("scrypt@SpringSecurity_v5_8", new SCryptPasswordEncoder(1024, 8, 1, 32, 16));
        cheap.put("scrypt", new SCryptPasswordEncoder(1024, 8, 1, 32, 64));
        cheap.put("argon2@SpringSecurity_v5_8", new Argon2PasswordEncoder(16, 32, 1, 1024, 1));
        cheap.put("sha256", new StandardPasswordEncoder());
        cheap.put("MD5", new MessageDigestPasswordEncoder("MD5"));
        cheap.put("SHA-1", new MessageDigestPasswordEncoder("SHA-1"));
        cheap.put("SHA-256", new MessageDigestPasswordEncoder("SHA-256"));
        cheap.put("noop", NoOpPasswordEncoder.getInstance());
        cheap.put("ldap", new LdapShaPasswordEncoder());
        for (String id : cheap.keySet()) {
            write("{" + id + "}", new DelegatingPasswordEncoder(id, cheap), all);
        }
        // pbkdf2's has no count in it, so it is always the usual one.
        PasswordEncoder usual = PasswordEncoderFactories.createDelegatingPasswordEncoder();
        write("as it comes", usual, all.subList(0, 2));
        for (Map.Entry<String, PasswordEncoder> one : Map.of(
                "pbkdf2@SpringSecurity_v5_8", Pbkdf2PasswordEncoder.defaultsForSpringSecurity_v5_8(),
                "pbkdf2", Pbkdf2PasswordEncoder.defaultsForSpringSecurity_v5_5(),
                "scrypt", SCryptPasswordEncoder.defaultsForSpringSecurity_v4_1(),
                "scrypt@SpringSecurity_v5_8", SCryptPasswordEncoder.defaultsForSpringSecurity_v5_8(),
                "argon2", Argon2PasswordEncoder.defaultsForSpringSecurity_v5_2(),
                "argon2@SpringSecurity_v5_8", Argon2PasswordEncoder.defaultsForSpringSecurity_v5_8()).entrySet()) {
            write("{" + one.getKey() + "} as it comes", new DelegatingPasswordEncoder(one.getKey(), Map.of(one.getKey(), one.getValue())), all.subList(0, 3));
        }
        write("bcrypt without an id", new BCryptPasswordEncoder(4), all.subList(0, 20));
    }

    static void write(String form, PasswordEncoder encoder, List<Entry> entries) {
        int wrote = 0;
        for (Entry entry : entries) {
            String hash;
            try {
                hash = encoder.encode(entry.password());
            } catch (IllegalArgumentException refused) { // bcrypt's of over 72 bytes
                continue;
            }
            if (!encoder.matches(entry.password(), hash)) {
                System.err.println("Spring does not verify its own " + form + ": " + hash);
                System.exit(1);
            }
            List<String> wrong = new ArrayList<>(), loose = new ArrayList<>();
            for (String other : entry.wrong()) {
                (encoder.matches(other, hash) ? loose : wrong).add(other);
            }
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("writer", WRITER);
            line.put("form", form);
            line.put("hash", hash);
            line.put("password", entry.password());
            line.put("wrong", wrong);
            if (form.equals("{noop}")) {
                line.put("settings", Map.of("bare-hashes", "text"));
            }
            if (!loose.isEmpty()) {
                line.put("loose", loose);
            }
            System.out.println(GSON.toJson(line));
            wrote++;
        }
        if (wrote * 2 < entries.size()) {
            System.err.println("Spring hashed " + wrote + " passwords as " + form);
            System.exit(1);
        }
    }
}
