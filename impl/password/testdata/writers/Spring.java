import java.util.*;
import org.springframework.security.crypto.argon2.Argon2PasswordEncoder;
import org.springframework.security.crypto.bcrypt.BCryptPasswordEncoder;
import org.springframework.security.crypto.factory.PasswordEncoderFactories;
import org.springframework.security.crypto.password.*;
import org.springframework.security.crypto.scrypt.SCryptPasswordEncoder;

/** Hashes by Spring Security, with the ids of its DelegatingPasswordEncoder. */
@SuppressWarnings("deprecation")
class Spring {
    static String quoted(String s) { return '"' + s.replace("\\", "\\\\").replace("\"", "\\\"") + '"'; }

    public static void main(String[] args) {
        var version = org.springframework.security.crypto.bcrypt.BCrypt.class.getPackage().getImplementationVersion();
        Map<String, PasswordEncoder> encoders = new LinkedHashMap<>();
        encoders.put("bcrypt", new BCryptPasswordEncoder(4));
        encoders.put("pbkdf2", Pbkdf2PasswordEncoder.defaultsForSpringSecurity_v5_5());
        encoders.put("pbkdf2@SpringSecurity_v5_8", Pbkdf2PasswordEncoder.defaultsForSpringSecurity_v5_8());
        encoders.put("scrypt", SCryptPasswordEncoder.defaultsForSpringSecurity_v4_1());
        encoders.put("scrypt@SpringSecurity_v5_8", new SCryptPasswordEncoder(256, 8, 1, 32, 16));
        encoders.put("argon2", new Argon2PasswordEncoder(16, 32, 1, 128, 3));
        encoders.put("argon2@SpringSecurity_v5_8", new Argon2PasswordEncoder(16, 32, 2, 128, 2));
        encoders.put("MD5", new MessageDigestPasswordEncoder("MD5"));
        encoders.put("SHA-1", new MessageDigestPasswordEncoder("SHA-1"));
        encoders.put("SHA-256", new MessageDigestPasswordEncoder("SHA-256"));
        encoders.put("sha256", new StandardPasswordEncoder());
        encoders.put("ldap", new LdapShaPasswordEncoder());
        encoders.put("noop", NoOpPasswordEncoder.getInstance());
        var all = PasswordEncoderFactories.createDelegatingPasswordEncoder();
        for (var id : encoders.keySet()) {
            for (var password : List.of("correct horse", "pässwörd-密码", "q")) {
                var stored = "{" + id + "}" + encoders.get(id).encode(password);
                for (var typed : List.of(password, password + "x", "")) {
                    System.out.println("{\"writer\":" + quoted("Spring Security " + version) + ",\"form\":" + quoted("spring " + id)
                        + ",\"password\":" + quoted(typed) + ",\"hash\":" + quoted(stored) + ",\"match\":" + (!typed.isEmpty() && all.matches(typed, stored))
                        + (id.equals("noop") ? ",\"bare\":\"text\"" : "") + "}");
                }
            }
        }
    }
}
