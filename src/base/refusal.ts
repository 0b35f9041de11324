// The closed list of refusals: what the program answers when it will not do something. Each names the remedy, in both
// languages. `{name}` is filled from the facts. A refusal is an answer, not a defect: nothing is lost by it.

export type RefusalEntry = { status: number; vi: string; en: string; remedy_vi: string; remedy_en: string };

const entry = (status: number, vi: string, remedy_vi: string, en: string, remedy_en: string): RefusalEntry => ({
  status,
  vi,
  en,
  remedy_vi,
  remedy_en,
});

export const REFUSALS = {
  // The request itself
  malformed_json: entry(400, 'Nội dung gửi lên không phải JSON đúng cú pháp.', 'Sửa cú pháp JSON rồi gửi lại.', 'The body is not well-formed JSON.', 'Mend the JSON syntax and send it again.'),
  wrong_content_type: entry(415, 'Kiểu nội dung phải là {expected}.', 'Đặt lại tiêu đề Content-Type rồi gửi lại.', 'The content type must be {expected}.', 'Set the header Content-Type and send it again.'),
  body_too_large: entry(413, 'Nội dung gửi lên vượt quá {limit_kib} KiB.', 'Chia thành nhiều lần gửi nhỏ hơn.', 'The body is larger than {limit_kib} KiB.', 'Send it in smaller parts.'),
  invalid_input: entry(422, 'Dữ liệu không hợp lệ ở trường “{field}”: {problem_vi}.', 'Sửa trường được nêu rồi gửi lại.', 'Invalid data in field "{field}": {problem_en}.', 'Correct the field named and send it again.'),
  batch_too_large: entry(422, 'Một lần gửi có {count} mốc; nhiều nhất là {limit}.', 'Chia thành các lần gửi không quá {limit} mốc.', 'The batch has {count} checkpoints; the most is {limit}.', 'Split it into batches of at most {limit}.'),
  control_characters: entry(422, 'Trường “{field}” có ký tự điều khiển hoặc ký tự ẩn.', 'Quét lại hoặc gõ lại; kiểm tra cài đặt máy quét.', 'Field "{field}" contains control or invisible characters.', 'Scan or type it again; check the scanner settings.'),
  not_nfc: entry(422, 'Trường “{field}” không ở dạng Unicode NFC (dựng sẵn).', 'Chuyển bộ gõ sang Unicode dựng sẵn rồi nhập lại.', 'Field "{field}" is not Unicode NFC.', 'Switch the keyboard to precomposed Unicode and enter it again.'),
  file_unreadable: entry(422, 'Không đọc được tệp: {problem_vi}.', 'Sửa tệp rồi gửi lại; chưa nhập gì.', 'The file cannot be read: {problem_en}.', 'Mend the file and send it again; nothing was imported.'),
  rows_refused: entry(422, 'Tệp có {count} chỗ sai, chỗ đầu ở dòng {first_line}; chưa nhập gì.', 'Sửa từng dòng trong danh sách “rows” rồi gửi lại cả tệp.', 'The file has {count} faults, the first in line {first_line}; nothing was imported.', 'Correct each line listed in "rows" and send the whole file again.'),
  no_such_route: entry(404, 'Không có địa chỉ này.', 'Xem /api/docs để biết các địa chỉ.', 'There is no such address.', 'See /api/docs for the addresses there are.'),
  busy: entry(503, 'Máy chủ đang quá tải; chưa ghi gì.', 'Giữ nguyên mã mốc và gửi lại sau vài giây.', 'The server is overloaded; nothing was stored.', 'Keep the same checkpoint id and send again in a few seconds.'),
  database_unavailable: entry(503, 'Chưa nối được cơ sở dữ liệu; không rõ đã ghi hay chưa.', 'Giữ nguyên mã mốc và gửi lại: gửi lại không tạo bản ghi thứ hai.', 'The database cannot be reached; it is unknown whether it was stored.', 'Send again with the same checkpoint id: a repeat never makes a second record.'),
  personal_key_missing: entry(503, 'Máy chủ này không có khóa dữ liệu cá nhân của các bưu gửi này; chưa ghi gì.', 'Đặt NIEM_PERSONAL_KEY đúng khóa đã dùng, rồi khởi động lại.', 'This server has not the key of the personal data of these items; nothing was stored.', 'Set NIEM_PERSONAL_KEY to the key that was used and start again.'),
  not_on_this_runtime: entry(501, 'Bản chạy ở biên không tạo được tệp này.', 'Dùng bản SVG, hoặc máy chủ tại chỗ.', 'The edge runtime cannot make this file.', 'Use the SVG, or the on-premises server.'),

  // Who is asking
  not_signed_in: entry(401, 'Chưa đăng nhập, hoặc phiên không còn hiệu lực.', 'Đăng nhập lại bằng thẻ và mã PIN.', 'Not signed in, or the session is no longer valid.', 'Sign in again with badge and PIN.'),
  session_expired: entry(401, 'Phiên đăng nhập đã hết hạn lúc {expired_at}.', 'Đăng nhập lại bằng thẻ và mã PIN.', 'The session expired at {expired_at}.', 'Sign in again with badge and PIN.'),
  session_locked: entry(423, 'Phiên tạm khóa vì không thao tác quá {idle_minutes} phút.', 'Nhập mã PIN để mở khóa.', 'The session is locked after {idle_minutes} idle minutes.', 'Enter the PIN to unlock.'),
  wrong_badge_or_pin: entry(401, 'Số thẻ hoặc mã PIN không đúng.', 'Nhập lại; sau {attempts_max} lần sai liên tiếp thẻ sẽ bị khóa.', 'Badge number or PIN is wrong.', 'Try again; after {attempts_max} wrong tries in a row the badge is locked.'),
  badge_locked: entry(423, 'Thẻ bị khóa đến {locked_until} vì nhập sai mã PIN nhiều lần.', 'Chờ hết giờ khóa hoặc nhờ trưởng ca mở khóa.', 'The badge is locked until {locked_until} after repeated wrong PINs.', 'Wait, or ask the shift head to unlock it.'),
  not_permitted: entry(403, 'Vai trò của bạn không được phép: {permission}.', 'Nhờ người có quyền này thực hiện.', 'Your role does not allow this: {permission}.', 'Ask somebody who holds this permission.'),
  wrong_office: entry(403, 'Bạn không được phân công tại bưu cục {office_code}.', 'Đăng nhập tại bưu cục được phân công.', 'You are not assigned to office {office_code}.', 'Sign in at an office you are assigned to.'),
  unknown_office: entry(422, 'Không có bưu cục {office_code} đang hoạt động.', 'Kiểm tra mã bưu cục 6 ký tự.', 'There is no active office {office_code}.', 'Check the 6-character office code.'),
  clearance_missing: entry(403, 'Bạn chưa được phép tiếp xúc bưu gửi dấu {mark}, hoặc thẩm quyền đã hết hạn.', 'Chuyển cho người có thẩm quyền còn hiệu lực.', 'You are not cleared for mark {mark}, or your clearance has expired.', 'Pass it to somebody with a valid clearance.'),
  training_expired: entry(403, 'Chứng nhận tập huấn KT1 của bạn không còn hiệu lực.', 'Tập huấn lại hoặc chuyển cho người còn hiệu lực.', 'Your KT1 training is no longer valid.', 'Renew the training or pass it to somebody whose training is valid.'),
  second_person_needed: entry(403, 'Việc này cần người thứ hai xác nhận: {permission}.', 'Người thứ hai nhập thẻ và mã PIN để cấp xác nhận.', 'This needs a second person: {permission}.', 'A second person enters badge and PIN to confirm.'),
  second_person_invalid: entry(403, 'Xác nhận của người thứ hai không có, đã dùng hoặc đã hết hạn.', 'Người thứ hai xác nhận lại.', "The second person's confirmation is unknown, used or expired.", 'Have the second person confirm again.'),
  same_person: entry(403, 'Hai phần của việc này phải do hai người khác nhau làm.', 'Nhờ một người khác.', 'The two halves of this must be done by two different people.', 'Ask another person.'),

  second_person_elsewhere: entry(403, 'Người thứ hai không thuộc {party_code}.', 'Nhờ đồng nghiệp cùng cơ quan, bưu cục xác nhận.', 'The second person does not belong to {party_code}.', 'Have a colleague of the same agency or office confirm.'),

  look_ups_exceeded: entry(429, 'Đã tra cứu đủ {limit} bưu gửi trong 24 giờ; trực ban đã được báo.', 'Chỉ tra cứu bưu gửi đang xử lý; cần nhiều hơn thì trình trực ban.', 'The budget of {limit} items looked up in 24 hours is used up; the duty officer has been told.', 'Look up only what you are handling; ask the duty officer if you need more.'),

  // Devices
  unknown_device: entry(403, 'Thiết bị chưa được đăng ký, hoặc đã bị thu hồi.', 'Đăng ký thiết bị với quản trị viên.', 'The device is not enrolled, or has been revoked.', 'Enrol the device with an administrator.'),
  grant_invalid: entry(401, 'Quyền làm việc ngoại tuyến không có, đã bị thu hồi hoặc không phải của thiết bị này.', 'Đăng nhập trực tuyến bằng thẻ và mã PIN trên thiết bị này.', 'The offline grant is unknown, withdrawn or not of this device.', 'Sign in online with badge and PIN on this device.'),
  grant_expired: entry(401, 'Quyền làm việc ngoại tuyến đã hết hạn lúc {expired_at}.', 'Đăng nhập trực tuyến bằng thẻ và mã PIN trên thiết bị này.', 'The offline grant expired at {expired_at}.', 'Sign in online with badge and PIN on this device.'),
  signature_stale: entry(422, 'Thiết bị ký lệch giờ; giờ máy chủ là {server_time}.', 'Đo lại giờ qua /healthz rồi ký lại.', 'The device signed for another time; the server has {server_time}.', 'Measure the clock through /healthz and sign again.'),
  nonce_used: entry(409, 'Lần đổi quyền ngoại tuyến này đã dùng.', 'Ký lại với số ngẫu nhiên mới.', 'This exchange of the grant was used before.', 'Sign again with a fresh nonce.'),
  offline_session: entry(403, 'Phiên từ quyền ngoại tuyến chỉ gửi được mốc do thiết bị ký.', 'Đăng nhập trực tuyến bằng thẻ và mã PIN.', 'A session from an offline grant only posts checkpoints that the device signed.', 'Sign in online with badge and PIN.'),
  import_unreadable: entry(422, 'Không đọc được tệp hàng chờ: {problem_vi}.', 'Xuất lại tệp trên thiết bị; kiểm tra mã SHA-256.', 'The exported queue cannot be read: {problem_en}.', 'Export it again on the device; compare the SHA-256.'),
  no_import_key: entry(501, 'Máy chủ này không có khóa để mở tệp hàng chờ.', 'Nhập tệp tại trung tâm, hoặc đặt NIEM_IMPORT_KEY.', 'This server has no key for exported queues.', 'Import at the centre, or set NIEM_IMPORT_KEY.'),
  bad_public_key: entry(422, 'Khóa công khai của thiết bị không dùng được: {problem_vi}.', 'Tạo cặp khóa Ed25519 mới trên thiết bị.', "The device's public key is not usable: {problem_en}.", 'Make a new Ed25519 key pair on the device.'),
  bad_signature: entry(422, 'Chữ ký của thiết bị không khớp nội dung.', 'Kiểm tra khóa thiết bị; báo quản trị nếu lặp lại.', "The device's signature does not match the content.", 'Check the device key; tell the administrator if it happens again.'),
  device_sequence_reused: entry(409, 'Số thứ tự {device_seq} của thiết bị đã được dùng cho mốc khác.', 'Báo quản trị: thiết bị có thể bị sao chép.', 'Device sequence number {device_seq} was already used for another checkpoint.', 'Tell the administrator: the device may have been cloned.'),
  enrolment_code_invalid: entry(403, 'Mã đăng ký thiết bị không đúng, đã dùng hoặc đã hết hạn.', 'Xin quản trị viên mã mới.', 'The enrolment code is wrong, used or expired.', 'Ask an administrator for a new one.'),

  // Numbers and units
  not_a_code: entry(422, '“{code}” không phải số hiệu theo mẫu nào đã đăng ký.', 'Quét lại nhãn; nếu nhãn hỏng thì nhập tay.', '"{code}" matches no registered number pattern.', 'Scan the label again; if it is damaged, type the number.'),
  check_digit_wrong: entry(422, 'Số kiểm tra của {code} sai: phải là {expected}.', 'Quét lại nhãn hoặc đọc lại từng chữ số.', 'The check digit of {code} is wrong: it should be {expected}.', 'Scan the label again or read the digits again.'),
  reserved_prefix: entry(422, 'Dãy {prefix} là dãy UPU dành riêng, không được cấp.', 'Dùng số trong dãy được cấp cho bưu cục.', 'The range {prefix} is reserved by UPU and may not be used.', 'Use a number from a range allocated to the office.'),
  number_out_of_range: entry(422, 'Số {code} không thuộc dãy nào được cấp cho bưu cục {office_code} và dịch vụ này.', 'Dùng nhãn được cấp cho bưu cục, hoặc để máy cấp số.', 'Number {code} is in no range allocated to office {office_code} and this service.', "Use the office's own labels, or let the system assign a number."),
  number_in_use: entry(409, 'Số {code} đã được dùng cho bưu gửi chấp nhận lúc {accepted_at} tại {office_code}.', 'Dùng nhãn khác và báo kiểm soát viên: hai nhãn trùng số.', 'Number {code} is in use by an item accepted at {accepted_at} at {office_code}.', 'Use another label and tell the controller: two labels carry one number.'),
  range_exhausted: entry(409, 'Bưu cục {office_code} đã dùng hết dãy số cho dịch vụ này.', 'Xin cấp dãy số mới.', 'Office {office_code} has no numbers left for this service.', 'Ask for a new range.'),
  unknown_unit: entry(404, 'Không có bưu gửi hoặc túi số {code}.', 'Kiểm tra số hiệu; nếu có vật thật, lập biên bản thừa.', 'There is no item or bag numbered {code}.', 'Check the number; if the object is real, record it as surplus.'),
  wrong_state: entry(409, '{code} đang ở trạng thái “{state_vi}”, không thể “{kind_vi}”.', 'Xem hành trình của bưu gửi rồi làm bước còn thiếu.', '{code} is "{state_en}", so it cannot be "{kind_en}".', "Look at the item's chain and do the step that is missing."),
  held: entry(409, '{code}: giữ lại, gọi trực ban.', 'Không di chuyển; gọi trực ban.', '{code}: keep it here and call the duty officer.', 'Do not move it; call the duty officer.'),
  checkpoint_id_reused: entry(422, 'Mã mốc {checkpoint_id} đã được dùng cho nội dung khác.', 'Không sửa mốc đã gửi: tạo mốc đính chính với mã mới.', 'Checkpoint id {checkpoint_id} was already used for other content.', 'Do not change what was sent: make a correction with a new id.'),
  unknown_checkpoint: entry(404, 'Không có mốc {checkpoint_id} của {code}.', 'Lấy mã mốc từ hành trình của bưu gửi.', 'There is no checkpoint {checkpoint_id} of {code}.', "Take the checkpoint id from the item's chain."),

  // The road
  unknown_trip: entry(404, 'Không có chuyến thư này ở bưu cục của bạn.', 'Lấy số chuyến trong danh sách chuyến đang mở.', 'There is no such trip at your office.', 'Take it from the list of open trips.'),
  trip_not_open: entry(409, 'Chuyến thư {trip_no} đã rời bưu cục.', 'Mở chuyến mới.', 'Trip {trip_no} has departed.', 'Open a new trip.'),
  trip_not_ready: entry(409, 'Chuyến thư chưa chạy được: {problem_vi}.', 'Làm nốt việc được nêu.', 'The trip cannot depart: {problem_en}.', 'Do what is named first.'),
  escort_needed: entry(403, 'Xe không chuyên dùng: bưu gửi KT1 phải có người áp tải suốt hành trình.', 'Đổi xe chuyên dùng hoặc cử người áp tải.', 'The vehicle is not dedicated: KT1 needs an escort for the whole trip.', 'Use a dedicated vehicle or name an escort.'),
  guard_needed: entry(403, 'Đã có yêu cầu bảo vệ: chuyến thư chỉ chạy khi có lực lượng bảo vệ.', 'Chờ lực lượng bảo vệ rồi ghi nhận.', 'A guard was requested: the trip departs only with it.', 'Wait for the guard and record it.'),
  wrong_mail: entry(409, '{code} không được đi chung: túi này chỉ chứa {mail}.', 'Dùng túi đúng loại.', '{code} may not travel here: this bag takes {mail} only.', 'Use a bag of the right kind.'),
  not_in_bag: entry(409, '{code} không ở trong túi {bag_code}.', 'Kiểm tra số túi.', '{code} is not in bag {bag_code}.', 'Check the bag number.'),
  other_bag: entry(409, '{code} đang ở túi {bag_code}.', 'Để riêng; lấy khỏi túi kia trước.', '{code} is in bag {bag_code}.', 'Put it aside; take it out of that bag first.'),
  bag_not_open: entry(409, 'Túi {bag_code} không mở để đóng.', 'Dùng túi đang mở.', 'Bag {bag_code} is not open for make-up.', 'Use a bag that is open.'),
  count_differs: entry(409, 'Khai {count} bưu gửi, trong túi có {inside}.', 'Đếm lại rồi niêm phong.', '{count} items declared, {inside} are in the bag.', 'Count again, then seal.'),
  seal_unusable: entry(409, 'Niêm phong {seal_no} không dùng được: {problem_vi}.', 'Lấy niêm phong được cấp, chưa dùng.', 'Seal {seal_no} cannot be used: {problem_en}.', 'Take a seal that was issued and not used.'),
  unknown_preadvice: entry(404, 'Không có báo trước này ở bưu cục của bạn.', 'Xem danh sách báo trước.', 'There is no such pre-advice at your office.', 'Look at the list of pre-advice.'),
  bag_announced: entry(409, 'Túi {bag_code} đã được báo trước hoặc đã có trong sổ; chưa nhập gì.', 'Bỏ túi này khỏi tệp; nếu danh sách khác nhau, ghi chênh lệch khi mở túi.', 'Bag {bag_code} was announced before or is in the ledger; nothing was imported.', 'Take the bag out of the file; if the lists differ, record it when the bag is opened.'),
  not_counting: entry(409, 'Túi {bag_code} chưa mở để đối soát tại đây.', 'Mở niêm phong túi trước.', 'Bag {bag_code} is not being reconciled here.', 'Unseal the bag first.'),
  counted_blind: entry(403, 'Túi {bag_code} đang được đếm kín: chưa ai ở bưu cục này được xem bản kê.', 'Đếm xong và chốt, rồi xem.', 'Bag {bag_code} is being counted blind: nobody at this office may read its list yet.', 'Finish and close the count first.'),
  lines_open: entry(409, 'Còn {count} bưu gửi chưa có kết luận trong túi {bag_code}.', 'Tìm và quét, hoặc ghi thiếu từng bưu gửi.', '{count} items of bag {bag_code} have no result yet.', 'Find and scan them, or record each as missing.'),
  differences_open: entry(409, 'Còn {count} chênh lệch chưa giải quyết của túi {bag_code}.', 'Chờ trả lời; hoặc kiểm soát viên đóng kèm lý do.', '{count} differences of bag {bag_code} are unresolved.', 'Wait for the answer; or a controller closes with a reason.'),
  unknown_handover: entry(404, 'Không có phiếu giao nhận này chờ bạn.', 'Xem danh sách chờ nhận.', 'No such handover waits for you.', 'Look at what waits for you.'),
  handover_answered: entry(409, '{code} trong phiếu này đã được trả lời.', 'Xem lại phiếu giao nhận.', '{code} of this handover was already answered.', 'Look at the handover again.'),
  not_yours: entry(403, '{code} không do bạn đang giữ.', 'Người đang giữ phải giao.', 'You do not hold {code}.', 'Whoever holds it must hand it over.'),
  unknown_discrepancy: entry(404, 'Không có chênh lệch này ở bưu cục của bạn.', 'Xem danh sách chênh lệch.', 'There is no such discrepancy at your office.', 'Look at the list of discrepancies.'),
  discrepancy_not_due: entry(409, 'Chênh lệch đang ở trạng thái “{state}”, không làm được bước này.', 'Xem bước tiếp theo của chênh lệch.', 'The discrepancy is "{state}", so this step is not due.', 'Look at its next step.'),

  // Delivery
  no_open_run: entry(409, 'Bưu tá chưa mở chuyến phát ở bưu cục này.', 'Bưu tá mở chuyến phát trước.', 'The courier has no open run at this office.', 'The courier opens a run first.'),
  run_already_open: entry(409, 'Bạn đang có một chuyến phát mở.', 'Đóng chuyến phát đang mở trước.', 'You already have an open run.', 'Close the open run first.'),
  run_not_empty: entry(409, 'Còn {count} bưu gửi trong tay bưu tá.', 'Phát, hoặc ghi không phát được rồi giao lại bưu cục từng bưu gửi.', 'The courier still holds {count} items.', 'Deliver each, or record the attempt and hand it back to the office.'),
  evidence_missing: entry(422, '{code}: lý do “{reason_code}” cần bằng chứng: {evidence}.', 'Ghi đủ bằng chứng rồi gửi lại.', '{code}: reason "{reason_code}" needs evidence: {evidence}.', 'Record the evidence and send again.'),
  authority_not_enough: entry(403, '{code}: không giao theo cách “{receiver_authority}”; chỉ giao theo: {allowed}.', 'Yêu cầu người nhận xuất trình đúng; nếu không được, ghi phát không thành công.', '{code}: "{receiver_authority}" is not enough; it takes: {allowed}.', 'Ask the receiver for it; otherwise record an attempt.'),
  receiver_not_authorised: entry(403, '{code}: người nhận {receiver_card_no} không được ủy quyền nhận cho đơn vị {body_code}.', 'Gặp người được ủy quyền của đơn vị nhận; nếu không được, ghi phát không thành công.', '{code}: receiver {receiver_card_no} may not receive for body {body_code}.', 'See an authorised receiver of the body; otherwise record an attempt.'),
  too_early: entry(409, '{code}: chưa đến hạn; sớm nhất là ngày {first_on}.', 'Chờ đến ngày được nêu.', '{code}: too early; the first day is {first_on}.', 'Wait for the day named.'),
  notices_needed: entry(409, '{code}: mới mời {count} lần; phải mời ít nhất {needed} lần trước khi chuyển hoàn.', 'Gửi giấy mời tiếp, hoặc dùng lý do không cần mời.', '{code}: {count} call notices left; {needed} are needed before a return.', 'Leave another notice, or use a reason that needs none.'),
  not_for_kt1: entry(409, '{code} là bưu gửi KT1: không gửi giấy mời.', 'Giao lại bưu cục để chuyển hoàn ngay hoặc báo trực ban.', '{code} is KT1: no call notice is left.', 'Hand it back to the office, to be returned at once or escalated.'),
  never_unclaimed: entry(403, '{code}: bưu gửi này không bao giờ được coi là không có người nhận.', 'Báo trực ban, đơn vị gửi và công an để xử lý theo quy định.', '{code}: such an item is never declared unclaimed.', 'Escalate to the duty officer, the sending body and the police.'),
  limit_not_loaded: entry(409, 'Chưa nạp thời hạn {limit_code}.', 'Nhờ quản trị nạp thời hạn có căn cứ.', 'Time limit {limit_code} is not loaded.', 'Have the limit loaded with its source.'),
  not_delivered: entry(409, '{code} chưa được phát.', 'Xem hành trình của bưu gửi.', '{code} has not been delivered.', "Look at the item's chain."),

  // Acceptance
  edge_refuses_secrecy: entry(403, 'Máy chủ ở biên không nhận bưu gửi dấu A, B, C.', 'Dùng máy chủ đặt tại mạng nội bộ.', 'The edge deployment does not handle items marked A, B or C.', 'Use the server on the internal network.'),
  unknown_body: entry(422, 'Không có đơn vị KT1 {body_code} đang được phục vụ.', 'Chọn đơn vị trong danh bạ, hoặc hai người xác nhận ngoại lệ.', 'There is no served KT1 body {body_code}.', 'Choose a body from the register, or override with two persons.'),
  sender_not_authorised: entry(403, 'Người gửi {card_no} không được ủy quyền gửi cho đơn vị {body_code}.', 'Kiểm tra thẻ; hoặc hai người xác nhận ngoại lệ kèm lý do.', 'Sender card {card_no} is not authorised to send for body {body_code}.', 'Check the card; or override with two persons and a reason.'),
  checklist_failed: entry(422, 'Kiểm tra bên ngoài không đạt: {problem_vi}.', 'Trả người gửi đóng gói lại, hoặc lập phiếu từ chối.', 'The outside check fails: {problem_en}.', 'Have the sender repack it, or issue a refusal slip.'),
  joint_check_refused: entry(422, 'Người gửi không cho đồng kiểm.', 'Từ chối chấp nhận và in phiếu từ chối.', 'The sender refused the joint check.', 'Refuse acceptance and print the refusal slip.'),
  joint_check_needed: entry(422, 'Bưu kiện và ấn phẩm phải đồng kiểm với người gửi.', 'Mở kiểm tra cùng người gửi và ghi kết quả.', 'Parcels and printed matter need a joint check with the sender.', 'Check the content together with the sender and record the result.'),
  joint_check_forbidden: entry(422, 'Không đồng kiểm thư và bưu gửi KT1.', 'Ghi kết quả đồng kiểm là “không áp dụng”.', 'Letters and KT1 items are never opened for a joint check.', 'Record the joint check as not applicable.'),
  papers_missing: entry(422, 'Hàng gửi có điều kiện “{goods_class}” thiếu giấy tờ.', 'Ghi số giấy tờ, hoặc từ chối chấp nhận.', 'Conditionally admitted goods "{goods_class}" lack papers.', 'Record the papers, or refuse acceptance.'),
  unknown_reason: entry(422, 'Không có mã lý do {reason_code} trong danh mục {reason_list}.', 'Chọn mã trong danh mục.', 'There is no reason code {reason_code} in list {reason_list}.', 'Choose a code from the list.'),
  not_a_kt1_point: entry(403, 'Bưu cục {office_code} không phải điểm phục vụ KT1.', 'Gửi tại điểm phục vụ KT1.', 'Office {office_code} does not serve KT1.', 'Use an office that serves KT1.'),
  not_held: entry(409, '{code} không bị giữ.', 'Xem hành trình của bưu gửi.', '{code} is not held.', "Look at the item's chain."),
  no_open_shift: entry(409, 'Bưu cục {office_code} chưa mở ca.', 'Trưởng ca mở ca trước khi chấp nhận.', 'Office {office_code} has no open shift.', 'The shift head opens a shift before acceptance.'),
  shift_already_open: entry(409, 'Bưu cục {office_code} đang có ca mở.', 'Bàn giao và đóng ca đang mở trước.', 'Office {office_code} already has an open shift.', 'Hand over and close the open shift first.'),

  // Shifts, clocks, complaints
  blind_count_needed: entry(409, 'Chưa đếm kiểm kê trước khi đóng ca tại bưu cục {office_code}.', 'Người giao đếm số bưu gửi, túi đang giữ rồi nhập, không xem số của máy.', 'Nothing was counted yet before closing the shift at office {office_code}.', "The giver counts what is in stock and enters it, without seeing the system's figure."),
  blind_count_stale: entry(409, 'Sau khi đếm đã có {count} lượt vào, ra.', 'Đếm lại rồi đóng ca.', 'Since the count, units came or went {count} times.', 'Count again, then close.'),
  blind_count_differs: entry(409, 'Số đếm khác sổ hành trình ở {count} loại.', 'Đếm lại; hoặc kiểm soát viên đóng ca kèm lý do.', 'The count differs from the ledger in {count} classes.', 'Count again; or close with a reason of a controller.'),
  shift_bag_counting: entry(409, 'Túi {bag_code} đang đối soát dở.', 'Đối soát xong túi rồi đóng ca.', 'Bag {bag_code} is still being reconciled.', 'Finish reconciling it, then close.'),
  shift_handover_waits: entry(409, 'Còn {count} phiếu giao nhận chưa được trả lời.', 'Người nhận trả lời trước khi đóng ca.', '{count} handovers wait for an answer.', 'The receiver answers them before the shift closes.'),
  shift_unit_in_no_hands: entry(409, '{code} đứng tên người không còn ở bưu cục này.', 'Tìm bưu gửi và quét giao nhận cho người đang làm việc.', '{code} stands in the name of somebody who is not of this office.', 'Find it and hand it over to somebody on duty.'),
  shift_differences_open: entry(409, 'Còn {count} chênh lệch chưa giải quyết của các túi mở tại đây.', 'Chờ trả lời; hoặc kiểm soát viên đóng ca kèm lý do.', '{count} differences of bags opened here are unresolved.', 'Wait for the answer; or close with a reason of a controller.'),
  unknown_case: entry(404, 'Không có hồ sơ này ở bưu cục của bạn.', 'Xem danh sách của bưu cục.', 'There is no such case at your office.', "Look at your office's list."),
  case_in_use: entry(409, 'Số hồ sơ {case_no} đã có.', 'Dùng số khác.', 'Case number {case_no} exists already.', 'Use another number.'),
  case_not_due: entry(409, 'Hồ sơ đang ở trạng thái “{state}”, không làm được bước này.', 'Xem bước tiếp theo của hồ sơ.', 'The case is "{state}", so this step is not due.', 'Look at its next step.'),

  // Orders, duty, directives, incidents, reports
  unknown_person: entry(422, 'Không có người này đang làm việc tại {office_code}.', 'Chọn người trong danh sách của đơn vị.', 'Nobody of that id works at {office_code}.', "Choose somebody of the unit's list."),
  not_your_duty: entry(403, 'Việc này của người khác.', 'Người được phân công hoặc được gọi tự ghi nhận.', 'This is for somebody else to do.', 'Whoever was assigned or called records it.'),
  not_addressee: entry(403, '{party_code} không được giao việc này, hoặc bạn không thuộc {party_code}.', 'Chọn đúng đơn vị và việc được giao; nơi ban hành ghi thay phải có số văn bản trả lời.', '{party_code} was not given this, or you are not of {party_code}.', 'Choose the unit and what it was given; an issuer who records for it names the paper it answered by.'),
  no_text_for_kt1: entry(422, 'Sự cố có bưu gửi hoặc túi KT1: không ghi lời, chỉ ghi số hiệu và mã.', 'Bỏ phần lời; chi tiết ghi trong hồ sơ giấy theo chế độ mật.', 'The incident concerns KT1 items or bags: numbers and codes only, no text.', 'Leave the text out; details belong in the paper file.'),
  figure_suppressed: entry(403, 'Số liệu này nhỏ đến mức lộ thông tin nên không mở được.', 'Xem số liệu gộp.', 'This figure is too small to be shown without telling too much.', 'Use the figure it is part of.'),
  period_over: entry(422, 'Lệnh hết hạn lúc {until} nên không thể ra.', 'Sửa thời gian của lệnh.', 'The order would have ended at {until}.', 'Correct the times of the order.'),
  drawn_too_early: entry(409, 'Kỳ số liệu kết thúc sau {cut_at}.', 'Chọn thời điểm kết thúc sớm hơn.', 'The window ends after {cut_at}.', 'Choose an earlier end.'),

  // Erasure of personal data
  legally_held: entry(409, '{code} đang bị giữ theo căn cứ pháp lý hoặc nghiệp vụ, chưa được xóa dữ liệu cá nhân.', 'Gỡ lệnh lưu giữ hoặc giải tỏa bưu gửi trước.', '{code} is held, so its personal data may not be erased.', 'Lift the legal hold or release the item first.'),
  still_needed: entry(409, '{code} đang ở trạng thái “{state_vi}”: còn cần dữ liệu để phát.', 'Chờ bưu gửi kết thúc hành trình.', '{code} is "{state_en}": its data are still needed for delivery.', 'Wait until its road has ended.'),

  // Watch lists, openings, biên bản
  unknown_watch_list: entry(404, 'Không có danh sách hoặc mục này ở đơn vị của bạn.', 'Xem các danh sách của đơn vị.', 'There is no such list or entry of yours.', 'Look at the lists of your agency or office.'),
  unknown_notice: entry(404, 'Không có tin báo này của đơn vị bạn.', 'Xem danh sách tin báo của đơn vị.', 'There is no such notice of yours.', 'Look at the notices of your agency or office.'),
  unknown_recipient: entry(422, 'Không có cơ quan {party_code} đang hoạt động.', 'Chọn cơ quan trong danh bạ.', 'There is no agency {party_code} now.', 'Choose an agency of the directory.'),
  notice_not_due: entry(409, 'Tin báo đang ở bước khác: {state}.', 'Tải lại tin báo rồi làm bước tiếp theo.', 'The notice is at another step: {state}.', 'Load the notice again and take the step that follows.'),
  unknown_endpoint: entry(404, 'Không có địa chỉ nhận tin này ở đơn vị của bạn.', 'Xem các địa chỉ của đơn vị.', 'There is no such endpoint of yours.', 'Look at the endpoints of your agency or office.'),
  watch_list_ended: entry(409, 'Danh sách đã hết hạn hoặc đã rút.', 'Lập danh sách mới và trình người khác duyệt.', 'The list has expired or was withdrawn.', 'Make a new one and have another person approve it.'),
  never_opened: entry(403, '{code} không được mở tại bưu điện.', 'Giữ nguyên niêm phong; báo cơ quan gửi và lãnh đạo.', '{code} is never opened at the post.', 'Leave it sealed; tell the sending body and the leader.'),
  legal_basis_needed: entry(403, 'Chưa mở được {code}: {problem_vi}.', 'Ghi căn cứ pháp lý của quyết định mở, có người chứng kiến của bưu điện.', '{code} cannot be opened: {problem_en}.', 'Record the legal basis of the decision, with a witness of the post.'),
  unknown_record: entry(404, 'Không có biên bản này.', 'Xem danh sách biên bản của bưu cục, hoặc quét lại mã trên giấy.', 'There is no such record.', "Look at your office's records, or scan the code on the paper again."),
  wrong_form: entry(409, 'Mẫu “{form_vi}” không dùng cho {code}.', 'Chọn mẫu dùng cho loại này.', 'The form "{form_en}" is not for {code}.', 'Choose a form that is.'),

  // Screening
  rule_invalid: entry(422, 'Biểu thức không dùng được: {problem}.', 'Sửa theo danh mục dữ kiện rồi gửi lại.', 'The expression cannot be used: {problem}.', 'Mend it by the catalogue of facts and send again.'),
  unknown_rule: entry(404, 'Không có quy tắc hoặc phiên bản này.', 'Xem danh sách quy tắc.', 'There is no such rule or version.', 'Look at the list of rules.'),
  rule_not_draft: entry(409, 'Phiên bản đang ở trạng thái “{state}”, không làm được bước này.', 'Đề nghị phiên bản mới.', 'The version is "{state}", so this step is not due.', 'Propose a new version.'),
  replay_needed: entry(409, 'Phiên bản chưa được chạy lại trên lưu lượng đã qua.', 'Chạy lại, xem kết quả rồi công bố.', 'The version has not been replayed on past traffic.', 'Replay it, look at what it would have held, then publish.'),
  unknown_equipment: entry(404, 'Không có thiết bị {equipment_no} đang dùng ở bưu cục của bạn.', 'Xem danh sách thiết bị.', 'There is no equipment {equipment_no} in use at your office.', 'Look at the list of equipment.'),
  equipment_in_use: entry(409, 'Số thiết bị {equipment_no} đã có.', 'Dùng số khác.', 'Equipment number {equipment_no} exists already.', 'Use another number.'),
  outside_only: entry(403, '{code}: không soi bằng {method}; chỉ được kiểm tra bên ngoài: {allowed}.', 'Dùng phương pháp được nêu, hoặc báo trực ban.', '{code}: not to be screened by {method}; from outside only: {allowed}.', 'Use a method named, or tell the duty officer.'),
  unknown_alarm: entry(404, 'Không có báo động {checkpoint_id} chưa xử lý của {code}.', 'Lấy mã mốc từ hồ sơ soi chiếu.', 'There is no open alarm {checkpoint_id} of {code}.', 'Take the checkpoint id from its screening record.'),

  // Holds, authorities
  unknown_hold: entry(404, 'Mốc {checkpoint_id} không phải lệnh giữ còn hiệu lực của {code}.', 'Lấy mã mốc giữ từ hành trình của bưu gửi.', '{checkpoint_id} is no hold in force of {code}.', "Take the id of the hold from the item's chain."),
  release_not_decided: entry(403, '{code} do cơ quan giữ: vụ việc của cơ quan đó chưa quyết định trả lại.', 'Đề nghị cơ quan đã giữ quyết định trả lại trong vụ việc.', '{code} is held by an agency whose casefile has not decided to release it.', 'Ask the agency that holds it to decide so in its casefile.'),
  in_a_bag: entry(409, '{code} đang ở trong túi.', 'Lấy bưu gửi ra khỏi túi trước.', '{code} is in a bag.', 'Take it out of the bag first.'),

  // Casefiles
  unknown_casefile: entry(404, 'Không có vụ việc này trong phạm vi của bạn.', 'Xem danh sách vụ việc của đơn vị.', 'There is no such casefile of yours.', 'Look at the casefiles of your agency or office.'),
  entry_id_reused: entry(422, 'Mã mục {entry_id} đã được dùng cho nội dung khác.', 'Không sửa mục đã gửi: tạo mã mới cho mục mới.', 'The entry id {entry_id} was used for other content.', 'Do not change what was sent: make a new id for a new entry.'),
  codes_only: entry(422, 'Vụ việc có bưu gửi hoặc túi KT1: chỉ ghi mã, không ghi lời, không thêm ảnh.', 'Bỏ phần lời, ảnh; chi tiết ghi trong hồ sơ giấy theo chế độ mật.', 'The casefile concerns KT1: codes only, no words and no pictures.', 'Leave words and pictures out; details belong in the paper file.'),
  kt1_apart: entry(409, '{code} là KT1: không thêm được vào vụ việc có ghi lời.', 'Mở vụ việc riêng cho bưu gửi, túi KT1.', '{code} is KT1: it does not go into a casefile with words.', 'Open a casefile of its own for KT1.'),
  not_the_lead: entry(403, 'Việc này của bên chủ trì {party_code}.', 'Đề nghị bên chủ trì thực hiện, hoặc nhận chủ trì trước.', 'This is for the leading party {party_code}.', 'Ask the lead to do it, or take over the lead first.'),
  not_a_party: entry(422, '{party_code} không phải bên xử lý được vụ việc (trường “{field}”).', 'Chọn cơ quan, bưu cục có người xử lý vụ việc và đã được thêm vào.', '{party_code} is no party that handles it (field "{field}").', 'Choose an agency or office that has people who handle casefiles and was added.'),
  same_party: entry(403, 'Quyết định này phải do cơ quan, đơn vị khác đồng ý.', 'Chờ người của bên khác quyết định.', 'Another agency or office must approve this.', 'Wait for somebody of another party.'),
  proposal_open: entry(409, 'Đang có một đề xuất chờ quyết định.', 'Quyết định, hoặc rút đề xuất đó trước.', 'A proposal waits to be decided.', 'Have it decided or withdrawn first.'),
  proposal_decided: entry(409, 'Đề xuất này đã được quyết định, đã rút hoặc đã hết hạn.', 'Xem lại vụ việc.', 'The proposal was decided, withdrawn, or has expired.', 'Look at the casefile again.'),
  snapshot_stale: entry(409, 'Vụ việc hoặc bưu gửi đã thay đổi so với bản bạn đã xem.', 'Tải lại, xem phần mới rồi gửi lại.', 'The casefile or its units have changed since what you saw.', 'Load it again, look at what is new, then send again.'),
  not_all_seen: entry(409, 'Có {count} mục mới từ khi đề xuất chưa được đánh dấu đã xem: {entries}.', 'Xem từng mục, đánh dấu “đã xem” rồi gửi lại.', '{count} entries since the proposal are not ticked as seen: {entries}.', 'Look at each, tick it as seen, then send again.'),
  decision_needed: entry(409, 'Chưa có quyết định “{decision_vi}” được người thứ hai đồng ý.', 'Đề xuất quyết định và chờ bên kia đồng ý.', 'No decision "{decision_en}" was approved by a second person.', 'Propose it and have it approved.'),
  case_not_finished: entry(409, 'Chưa kết thúc được vụ việc: {problem_vi}.', 'Làm xong việc được nêu rồi kết thúc.', 'The casefile cannot be closed: {problem_en}.', 'Finish what is named, then close it.'),
  evidence_altered: entry(410, 'Tệp {evidence_id} không còn hoặc khác mã băm đã ghi.', 'Báo quản trị và thanh tra: đối chiếu với bản lưu.', 'File {evidence_id} is gone or differs from the digest recorded.', 'Tell the administrator and the inspector: compare it with the backup.'),
  paper_needed: entry(422, 'Thiếu biên bản đúng mẫu của bưu gửi trong vụ việc ({forms}).', 'Lập biên bản theo mẫu được nêu rồi ghi mã của nó.', 'There is no record of a fitting form about a unit of the casefile ({forms}).', 'Draw up a record of a form named, then name it.'),
  // The log
  unknown_log: entry(404, 'Không có sổ {log_name}.', 'Lấy tên sổ từ dấu sổ hoặc từ trang tình trạng sổ.', 'There is no log {log_name}.', 'Take its name from a head, or from the state of the log.'),
  awaiting_head: entry(409, 'Đang chờ dấu sổ: chưa có dấu sổ đủ chữ ký bao trùm mốc này.', 'Thử lại sau một phút; nếu quá năm phút, báo quản trị.', 'Awaiting a head: no cosigned head covers this yet.', 'Try again in a minute; after five, tell the administrator.'),
  not_in_log: entry(404, 'Sổ chỉ có {size} mốc.', 'Hỏi trong phạm vi số mốc của dấu sổ.', 'The log has {size} entries.', 'Ask within the size of its head.'),
  no_broken_promise: entry(409, 'Không phải lời hứa bị phá: chữ ký không đúng, chưa đến hạn, hoặc mốc đã vào sổ.', 'Lấy chứng nhận của mốc đó.', 'No broken promise: not signed here, not due yet, or the entry is in the log.', 'Fetch the proof of that checkpoint.'),
  no_snapshot: entry(409, 'Chưa có bản chốt hằng ngày nào.', 'Chờ đến lượt chốt kế tiếp.', 'There is no daily snapshot yet.', 'Wait for the next one.'),
} as const satisfies Record<string, RefusalEntry>;

export type RefusalCode = keyof typeof REFUSALS;
export type RefusalFacts = { [name: string]: string | number | null };

/** One fault of a file: its line from 1, the column's name, and what to do. */
export type BadRow = { line: number; column: string; problem_vi: string; problem_en: string; remedy_vi: string; remedy_en: string };

/** Thrown or returned to refuse. `facts` fill the sentence and stand in the answer. */
export class Refused extends Error {
  override name = 'Refused';
  readonly refusal: RefusalCode;
  readonly facts: RefusalFacts;
  /** Of a file: everything that is wrong in it. */
  rows: readonly BadRow[] = [];
  constructor(refusal: RefusalCode, facts: RefusalFacts = {}) {
    super(refusal);
    this.refusal = refusal;
    this.facts = facts;
  }
  withRows(rows: readonly BadRow[]): this {
    this.rows = rows;
    return this;
  }
}

/** A sentence with its `{names}` filled from the facts. */
export function fill(sentence: string, facts: RefusalFacts): string {
  return sentence.replaceAll(/\{([a-z_]+)\}/g, (_, name: string) => String(facts[name] ?? '—'));
}
